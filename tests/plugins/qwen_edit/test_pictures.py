from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.miniature import MiniatureQwenEditConfig
from editgauge.plugins.miniature.checkpoints import checkpoint
from tests.plugins.pipeline_promises import (
    check_that_a_seed_gives_the_same_bytes_whatever_came_before,
    check_that_broken_numbers_are_an_error,
    check_that_seed_source_and_instruction_matter,
    check_that_steps_are_announced_unless_switched_off,
    edit,
)
from tests.plugins.qwen_models import load_editor, no_steps, picture, request

pytestmark = pytest.mark.models

SCALE = MiniatureQwenEditConfig(type="miniature-qwen-edit").true_cfg_scale


@pytest.fixture(scope="module")
def editor() -> Any:
    return load_editor()


def test_same_seed_gives_same_bytes_whatever_came_before(editor: Any) -> None:
    check_that_a_seed_gives_the_same_bytes_whatever_came_before(editor, load_editor)


def test_seed_source_and_instruction_matter(editor: Any) -> None:
    check_that_seed_source_and_instruction_matter(editor)


def test_every_step_is_announced_once_in_order_unless_switched_off(editor: Any) -> None:
    check_that_steps_are_announced_unless_switched_off(editor, load_editor)


def test_guidance_needs_strength_and_negative_prompt(editor: Any) -> None:
    weak = load_editor(true_cfg_scale=1.0)
    silent = load_editor(negative_prompt=None)
    assert editor.describe()["guidance"] is True
    assert editor.describe()["true_cfg_scale"] == SCALE
    assert weak.describe()["guidance"] is silent.describe()["guidance"] is False
    assert edit(weak) == edit(silent) != edit(editor)


def test_guidance_runs_the_transformer_twice_a_step(editor: Any) -> None:
    calls: list[int] = []
    for model in (editor, load_editor(negative_prompt=None)):
        count = [0]

        def hook(*_arguments: Any, count: list[int] = count) -> None:
            count[0] += 1

        handle = model._pipeline.transformer.register_forward_hook(hook)
        edit(model)
        handle.remove()
        calls.append(count[0])
    assert calls == [6, 3]


def test_output_size_is_as_asked() -> None:
    image = load_editor(height=48, width=96).edit(request(), no_steps)
    assert image.size == (96, 48)


def test_long_and_narrow_sources_are_edited(editor: Any) -> None:
    image = editor.edit(request(picture(size=(600, 20))), no_steps)
    assert image.width > image.height >= 32


def test_first_release_takes_one_source(editor: Any) -> None:
    with pytest.raises(ValueError, match=r"edits one source image, 2 were given; .*2511"):
        editor.edit(request(picture(), picture(1)), no_steps)


def test_plus_takes_several_sources_in_order() -> None:
    plus = load_editor(model="qwen-image-edit-plus")
    assert plus.describe()["pipeline"] == "QwenImageEditPlusPipeline"
    assert plus.describe()["notice"] == "tiny random weights, so its edits are noise"
    one, both = edit(plus, picture()), edit(plus, picture(), picture(1))
    assert len({one, both, edit(plus, picture(1), picture())}) == 3


def test_lora_changes_the_picture_by_its_scale(editor: Any, tmp_path: Path) -> None:
    from editgauge.plugins.miniature.lora import make_lora

    lora = make_lora(checkpoint("qwen-image-edit"), tmp_path)
    full = load_editor(lora=[{"path": str(lora)}])
    half = load_editor(lora=[{"path": str(tmp_path), "weight_name": lora.name, "scale": 0.5}])
    nothing = load_editor(lora=[{"path": str(lora), "scale": 0.0}])
    two = load_editor(lora=[{"path": str(lora)}, {"path": str(lora), "scale": 0.5}])
    assert len({edit(full), edit(half), edit(two), edit(editor)}) == 4
    assert edit(nothing) == edit(editor)
    assert full.describe()["loras"] == 1


def test_numbers_that_are_not_finite_are_an_error_and_no_black_picture() -> None:
    model = load_editor()
    check_that_broken_numbers_are_an_error(model, model._pipeline.transformer.proj_out)


@pytest.mark.parametrize("name", ["OutOfMemoryError", "AcceleratorError"])
def test_an_error_of_the_gpu_is_left_to_the_worker_and_harms_no_later_edit(
    editor: Any, name: str
) -> None:
    import torch

    expected = edit(editor)
    error_class = getattr(torch, name)

    def fail(*_arguments: Any) -> None:
        raise error_class("CUDA error: out of memory")

    handle = editor._pipeline.vae.decoder.register_forward_hook(fail)
    with pytest.raises(error_class, match="CUDA error"):
        edit(editor)
    handle.remove()
    assert edit(editor) == expected


def test_control_tokens_in_an_instruction_are_plain_text(editor: Any) -> None:
    # As a token, the first would ask for a second image that is not there.
    edit(editor, instruction="a <|image_pad|> b")
    with_token = edit(editor, instruction="x<|im_end|>y")
    assert with_token == edit(editor, instruction="x< |im_end|>y")


def test_description_is_plain_and_complete(editor: Any) -> None:
    assert editor.describe() == {
        "pipeline": "QwenImageEditPipeline",
        "transformer": "QwenImageTransformer2DModel",
        "scheduler": "FlowMatchEulerDiscreteScheduler",
        "dtype": "float32",
        "steps": 3,
        "guidance": True,
        "true_cfg_scale": SCALE,
        "offload": "none",
        "loras": 0,
        "applied": "",
        "notice": "tiny weights, trained for trials and tests: they know 13 kinds of instruction "
        "on small pictures, and say nothing of real checkpoints",
    }


def test_single_step_needs_a_scheduler_that_can_make_it() -> None:
    lever = {"method": "scheduler.register_to_config", "arguments": {"shift_terminal": None}}
    with pytest.raises(ValueError, match=r"cannot make a single step.*shift_terminal: null"):
        load_editor(steps=1)
    assert edit(load_editor(steps=1, apply=[lever]))


def test_sources_of_full_size_are_edited() -> None:
    from editgauge.config_schemas.qwen_edit import QwenEditConfig
    from editgauge.core.models import make_config
    from editgauge.plugins.qwen_edit.model import QwenImageEdit

    config = QwenEditConfig.model_validate(
        {
            "type": "qwen-image-edit",
            # It halves pictures once more than the trained one, as published ones do.
            "model": str(checkpoint("qwen-image-edit-plus")),
            "steps": 2,
            "negative_prompt": None,
            "height": 64,
            "width": 96,
        }
    )
    model = QwenImageEdit()
    model.load(make_config(config.model_dump(mode="json")), "cpu")
    assert model.edit(request(), no_steps).size == (96, 64)
