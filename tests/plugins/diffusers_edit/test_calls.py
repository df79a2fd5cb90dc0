from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from editgauge.config_schemas.diffusers_edit import DiffusersEditConfig
from tests.plugins.diffusers_edit.models import PIPELINE, diffusers_config

pytestmark = pytest.mark.models


def find(**options: Any) -> Any:
    from editgauge.plugins.diffusers_edit.calls import find_call, find_pipeline_class

    config = diffusers_config(**options)
    return find_call(find_pipeline_class(config.pipeline), config)


@pytest.mark.parametrize(
    "options",
    [
        {"pipeline": "diffusers.pipelines.flux.FluxKontextPipeline"},
        {"pipeline": "os:system"},
        {"names": {"picture": "image"}},
        {"names": {"image": "a.b"}},
        {"sources": "two"},
        {"steps": 0},
        {"arguments": [1]},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    good: dict[str, Any] = {"type": "diffusers", "pipeline": PIPELINE, "model": "a/b"}
    DiffusersEditConfig.model_validate(good)
    with pytest.raises(ValidationError):
        DiffusersEditConfig.model_validate(good | options)


@pytest.mark.parametrize(
    ("pipeline", "image", "reports_steps"),
    [
        (PIPELINE, "image", True),
        ("StableDiffusionXLInstructPix2PixPipeline", "image", False),
        ("LongCatImageEditPipeline", "image", False),
        ("FluxKontextPipeline", "image", True),
        ("QwenImageEditPlusPipeline", "image", True),
        ("Flux2Pipeline", "image", True),
        ("OmniGenPipeline", "input_images", True),
    ],
)
def test_usual_names_are_found_in_the_signature(
    pipeline: str, image: str, reports_steps: bool
) -> None:
    call = find(pipeline=pipeline)
    assert (call.image, call.instruction) == (image, "prompt")
    assert (call.steps, call.seed) == ("num_inference_steps", "generator")
    assert (call.reports_steps, call.chooses_output) == (reports_steps, True)


def test_names_can_be_chosen() -> None:
    call = find(pipeline="FluxKontextPipeline", names={"instruction": "prompt_2"})
    assert (call.instruction, call.image) == ("prompt_2", "image")


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ("StableDiffusionInstructPix2PixPipelin", rf"Did you mean '{PIPELINE}'\?"),
        ("DiffusionPipeline", r"should name a pipeline class that diffusers .* exports"),
        ("FluxTransformer2DModel", r"should name a pipeline class"),
        ("logging", r"should name a pipeline class"),
        ("__doc__", r"should name a pipeline class"),
        (
            "FluxPipeline",
            r"no argument for the source image is found; .*FluxPipeline takes: prompt",
        ),
        ("KandinskyInpaintPipeline", r"cannot be called without 'mask_image'"),
    ],
)
def test_classes_that_cannot_be_used_are_named(pipeline: str, message: str) -> None:
    from editgauge.plugins.diffusers_edit.calls import PipelineError

    with pytest.raises(PipelineError, match=message):
        find(pipeline=pipeline)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"arguments": {"image_guidance_scal": 2}},
            r"there is no 'image_guidance_scal'\. Did you mean 'image_guidance_scale'\? ",
        ),
        ({"arguments": {"a": 2}}, rf"'a'\. {PIPELINE} takes: prompt, image, .*guidance_scale"),
        ({"arguments": {"kwargs": 2}}, r"there is no 'kwargs'"),
        ({"arguments": {"prompt": "a"}}, r"'prompt' is set by editgauge"),
        ({"arguments": {"num_images_per_prompt": 4}}, r"is set by editgauge"),
        ({"arguments": {"output_type": "latent"}}, r"is set by editgauge"),
        ({"names": {"image": "images"}}, r"names\.image: there is no argument 'images'\. Did"),
        ({"names": {"seed": "kwargs"}}, r"names\.seed: there is no argument 'kwargs'"),
        ({"names": {"image": "prompt"}}, r"'prompt' cannot take both"),
    ],
)
def test_wrong_arguments_are_named_with_what_the_class_takes(
    options: dict[str, Any], message: str
) -> None:
    from editgauge.plugins.diffusers_edit.calls import PipelineError

    with pytest.raises(PipelineError, match=message):
        find(**options)


def test_arguments_are_checked_before_files(tmp_path: Path) -> None:
    from editgauge.plugins.diffusers_edit.calls import PipelineError
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    with pytest.raises(PipelineError, match=r"arguments: there is no 'image_guidance'"):
        DiffusersEdit.check(diffusers_config(tmp_path, arguments={"image_guidance": 2}))
