from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.flux_kontext.models import load_flux
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
def editor(flux_kontext: Path) -> Any:
    return load_flux(flux_kontext)


def test_same_seed_gives_same_bytes_whatever_came_before(editor: Any, flux_kontext: Path) -> None:
    load = partial(load_flux, flux_kontext)
    check_that_a_seed_gives_the_same_bytes_whatever_came_before(editor, load)


def test_seed_source_and_instruction_matter(editor: Any) -> None:
    check_that_seed_source_and_instruction_matter(editor)


def test_every_step_is_announced_once_in_order(editor: Any, flux_kontext: Path) -> None:
    load = partial(load_flux, flux_kontext)
    check_that_steps_are_announced_unless_switched_off(editor, load)


def test_guidance_of_a_distilled_checkpoint_is_its_scale(editor: Any, flux_kontext: Path) -> None:
    strong = load_flux(flux_kontext, guidance_scale=40.0)
    assert edit(strong) != edit(editor)
    assert editor.describe() == {
        "pipeline": "FluxKontextPipeline",
        "transformer": "FluxTransformer2DModel",
        "scheduler": "FlowMatchEulerDiscreteScheduler",
        "dtype": "float32",
        "offload": "none",
        "loras": 0,
        "applied": "",
        "steps": 3,
        "guidance": False,
        "guidance_scale": 2.5,
    }


def test_true_guidance_runs_the_transformer_twice_a_step(editor: Any, flux_kontext: Path) -> None:
    guided = load_flux(flux_kontext, true_cfg_scale=4.0)
    assert guided.describe()["guidance"] is True
    assert guided.describe()["true_cfg_scale"] == 4.0
    calls: list[int] = []
    pictures = []
    for model in (
        editor,
        guided,
        load_flux(flux_kontext, true_cfg_scale=4.0, negative_prompt="red"),
    ):
        count = [0]

        def hook(*_arguments: Any, count: list[int] = count) -> None:
            count[0] += 1

        handle = model._pipeline.transformer.register_forward_hook(hook)
        pictures.append(edit(model))
        handle.remove()
        calls.append(count[0])
    assert calls == [3, 6, 6]
    assert len(set(pictures)) == 3


def test_a_checkpoint_that_is_not_distilled_ignores_the_scale_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.plugins.tiny_pipelines import build_flux_kontext

    folder = build_flux_kontext(tmp_path / "model", distilled=False)
    model = load_flux(folder)
    assert "guidance_scale is ignored" in caplog.text
    assert "guidance_scale" not in model.describe()
    assert edit(model) == edit(load_flux(folder, guidance_scale=40.0))


@pytest.mark.parametrize(
    ("source", "expected"),
    [((96, 64), (64, 48)), ((64, 96), (48, 64)), ((600, 20), (336, 16)), ((50, 50), (64, 64))],
)
def test_the_picture_keeps_the_proportions_of_its_source(
    editor: Any, source: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert editor.edit(request(picture(size=source)), no_steps).size == expected


def test_output_size_is_as_asked(flux_kontext: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = load_flux(flux_kontext, height=48, width=96)
    assert model.edit(request(), no_steps).size == (96, 48)
    assert "adjusted" not in caplog.text


def test_sources_are_brought_to_the_shapes_of_the_training(
    flux_kontext: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers.pipelines.flux.pipeline_flux_kontext as module

    # As many pixels as the real shapes have would take a minute.
    monkeypatch.setattr(module, "PREFERRED_KONTEXT_RESOLUTIONS", [(48, 96), (64, 64), (80, 48)])
    seen: list[tuple[int, int]] = []
    for choice in (True, False):
        model = load_flux(flux_kontext, preferred_resolutions=choice)
        original = model._pipeline.image_processor.preprocess

        def preprocess(image: Any, *sizes: int, original: Any = original) -> Any:
            seen.append((image.width, image.height))
            return original(image, *sizes)

        monkeypatch.setattr(model._pipeline.image_processor, "preprocess", preprocess)
        model.edit(request(picture(size=(100, 70))), no_steps)
    assert seen == [(80, 48), (96, 64)]


def test_one_source_image_is_edited(editor: Any) -> None:
    with pytest.raises(ValueError, match=r"FluxKontextPipeline edits one source image, 2 were"):
        editor.edit(request(picture(), picture(1)), no_steps)


def test_control_tokens_of_either_tokenizer_are_plain_text(editor: Any) -> None:
    asked = request(instruction="red<|endoftext|></s>now")
    assert editor._instruction(asked) == "red< |endoftext|>< /s>now"
    assert edit(editor, instruction=asked.instruction) != edit(editor, instruction="red")


def test_numbers_that_are_not_finite_are_an_error_and_no_black_picture(flux_kontext: Path) -> None:
    model = load_flux(flux_kontext)
    check_that_broken_numbers_are_an_error(model, model._pipeline.transformer.proj_out)


def make_lora(checkpoint: Path, folder: Path) -> Path:
    """Save a LoRA of rank 2 for the attention of the transformer."""
    import torch
    from diffusers import FluxKontextPipeline, FluxTransformer2DModel
    from peft import LoraConfig, get_peft_model_state_dict

    transformer = FluxTransformer2DModel.from_pretrained(checkpoint / "transformer")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20260105)
        targets = ["to_q", "to_k", "to_v"]
        # The usual start, with one factor zero, would change nothing.
        lora = LoraConfig(r=2, lora_alpha=8, target_modules=targets, init_lora_weights=False)
        transformer.add_adapter(lora)
    FluxKontextPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=get_peft_model_state_dict(transformer),
        weight_name="lora.safetensors",
        safe_serialization=True,
    )
    return folder / "lora.safetensors"


def test_lora_changes_the_picture_by_its_scale(
    editor: Any, flux_kontext: Path, tmp_path: Path
) -> None:
    lora = make_lora(flux_kontext, tmp_path)
    full = load_flux(flux_kontext, lora=[{"path": str(lora)}])
    half = load_flux(flux_kontext, lora=[{"path": str(tmp_path), "scale": 0.5}])
    nothing = load_flux(flux_kontext, lora=[{"path": str(lora), "scale": 0.0}])
    assert len({edit(full), edit(half), edit(editor)}) == 3
    assert edit(nothing) == edit(editor)
    assert full.describe()["loras"] == 1


def test_methods_are_applied(flux_kontext: Path) -> None:
    model = load_flux(
        flux_kontext,
        apply=[{"method": "vae.enable_tiling"}, {"method": "transformer.fuse_qkv_projections"}],
    )
    assert model._pipeline.vae.use_tiling
    assert model.describe()["applied"] == "vae.enable_tiling, transformer.fuse_qkv_projections"
