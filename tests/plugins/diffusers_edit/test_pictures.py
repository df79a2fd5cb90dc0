from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.plugins.diffusers_edit.models import load_diffusers
from tests.plugins.pipeline_promises import (
    check_that_a_seed_gives_the_same_bytes_whatever_came_before,
    check_that_broken_numbers_are_an_error,
    check_that_seed_source_and_instruction_matter,
    check_that_steps_are_announced_unless_switched_off,
    edit,
)
from tests.plugins.qwen_models import no_steps, picture, request

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def editor(instruct_pix2pix: Path) -> Any:
    return load_diffusers(instruct_pix2pix)


def test_same_seed_gives_same_bytes_whatever_came_before(
    editor: Any, instruct_pix2pix: Path
) -> None:
    load = partial(load_diffusers, instruct_pix2pix)
    check_that_a_seed_gives_the_same_bytes_whatever_came_before(editor, load)


def test_seed_source_and_instruction_matter(editor: Any) -> None:
    check_that_seed_source_and_instruction_matter(editor)


def test_arguments_reach_the_pipeline(editor: Any, instruct_pix2pix: Path) -> None:
    pictures = {edit(editor)}
    for arguments in (
        {"image_guidance_scale": 3.0},
        {"guidance_scale": 1.0},
        {"negative_prompt": "red"},
    ):
        pictures.add(edit(load_diffusers(instruct_pix2pix, arguments=arguments)))
    assert len(pictures) == 4


def test_every_step_is_announced_once_in_order(editor: Any, instruct_pix2pix: Path) -> None:
    load = partial(load_diffusers, instruct_pix2pix)
    check_that_steps_are_announced_unless_switched_off(editor, load)


def test_without_steps_the_pipeline_takes_its_own_number(instruct_pix2pix: Path) -> None:
    steps: list[int] = []
    model = load_diffusers(instruct_pix2pix, steps=None)
    model.edit(request(picture(size=(16, 16))), lambda _step, of: steps.append(of))
    assert steps == [100] * 100
    assert "steps" not in model.describe()


def test_a_pipeline_without_a_step_callback_edits_without_steps(tmp_path: Path) -> None:
    from tests.plugins.tiny_pipelines import build_instruct_pix2pix_xl

    model = load_diffusers(
        build_instruct_pix2pix_xl(tmp_path / "model"),
        pipeline="StableDiffusionXLInstructPix2PixPipeline",
        arguments={"height": 64, "width": 96},
    )
    steps: list[int] = []
    image = model.edit(request(), lambda step, _of: steps.append(step))
    assert image.size == (96, 64)
    assert steps == []
    assert model.describe()["announces_steps"] is False
    assert edit(model) == image.tobytes() != edit(model, seed=8)


def test_what_was_loaded_and_how_it_is_called_is_described(editor: Any) -> None:
    assert editor.describe() == {
        "pipeline": "StableDiffusionInstructPix2PixPipeline",
        "unet": "UNet2DConditionModel",
        "scheduler": "DDIMScheduler",
        "dtype": "float32",
        "offload": "none",
        "loras": 0,
        "applied": "",
        "steps": 3,
        "image_argument": "image",
        "instruction_argument": "prompt",
        "seed_argument": "generator",
        "announces_steps": True,
    }


def test_number_of_sources_is_as_configured(editor: Any, instruct_pix2pix: Path) -> None:
    with pytest.raises(ValueError, match=r"edits one source image, 2 were given; set 'sources: s"):
        editor.edit(request(picture(), picture(1)), no_steps)
    several = load_diffusers(instruct_pix2pix, sources="several")
    taken = several._call_arguments(request(picture(), picture(1)), no_steps)
    assert [image.tobytes() for image in taken["image"]] == [
        picture().tobytes(),
        picture(1).tobytes(),
    ]
    assert edit(several, picture()) == edit(editor, picture())


def test_an_argument_that_takes_no_generator_gets_the_seed(instruct_pix2pix: Path) -> None:
    model = load_diffusers(instruct_pix2pix, names={"seed": "eta"})
    arguments = model._call_arguments(request(seed=7), no_steps)
    assert arguments["eta"] == 7
    assert "generator" not in arguments


def test_control_tokens_are_plain_text(editor: Any) -> None:
    assert editor._instruction(request(instruction="a<|endoftext|>b")) == "a< |endoftext|>b"


@pytest.mark.parametrize("withholding", [False, True])
def test_a_picture_that_the_safety_checker_withholds_is_a_failure(
    tmp_path: Path, withholding: bool
) -> None:
    from tests.plugins.tiny_pipelines import build_instruct_pix2pix

    model = load_diffusers(build_instruct_pix2pix(tmp_path / "model", withholding=withholding))
    if withholding:
        with pytest.raises(ValueError, match=r"safety checker of .* withheld the picture"):
            edit(model)
    else:
        assert any(edit(model))


def test_numbers_that_are_not_finite_are_an_error_and_no_black_picture(
    instruct_pix2pix: Path,
) -> None:
    model = load_diffusers(instruct_pix2pix)
    check_that_broken_numbers_are_an_error(model, model._pipeline.unet.conv_out)


def test_finished_pictures_are_taken_and_other_results_refused(editor: Any) -> None:
    assert editor._to_image(SimpleNamespace(images=[picture()])).tobytes() == picture().tobytes()
    for wrong in (SimpleNamespace(frames=[picture()]), SimpleNamespace(images=[])):
        with pytest.raises(TypeError, match="returned SimpleNamespace without 'images'"):
            editor._to_image(wrong)


def test_lora_changes_the_picture(editor: Any, instruct_pix2pix: Path, tmp_path: Path) -> None:
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline, UNet2DConditionModel
    from peft import LoraConfig, get_peft_model_state_dict

    unet = UNet2DConditionModel.from_pretrained(instruct_pix2pix / "unet")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20260106)
        targets = ["to_q", "to_k", "to_v"]
        unet.add_adapter(
            LoraConfig(r=2, lora_alpha=8, target_modules=targets, init_lora_weights=False)
        )
    StableDiffusionInstructPix2PixPipeline.save_lora_weights(
        tmp_path, unet_lora_layers=get_peft_model_state_dict(unet), safe_serialization=True
    )
    (file,) = tmp_path.glob("*.safetensors")
    assert edit(load_diffusers(instruct_pix2pix, lora=[{"path": str(file)}])) != edit(editor)
