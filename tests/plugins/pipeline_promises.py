"""What every editor made of a pipeline promises, tried with a tiny one in this process."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugins.qwen_models import no_steps, picture, request

Load = Callable[..., Any]
"""Loads the editor of three steps; takes options of its configuration."""


def edit(model: Any, *images: Any, **options: Any) -> bytes:
    """Return the pixels of an edit; `options` are those of `request`."""
    image = model.edit(request(*images, **options), no_steps)
    assert image.mode == "RGB"
    pixels: bytes = image.tobytes()
    return pixels


def check_that_a_seed_gives_the_same_bytes_whatever_came_before(editor: Any, load: Load) -> None:
    first = edit(editor)
    edit(editor, picture(3), seed=8)
    assert edit(editor) == first
    assert edit(load()) == first


def check_that_seed_source_and_instruction_matter(editor: Any) -> None:
    pictures = {
        edit(editor),
        edit(editor, seed=8),
        edit(editor, picture(1)),
        edit(editor, instruction="make it blue"),
    }
    assert len(pictures) == 4


def check_that_steps_are_announced_unless_switched_off(editor: Any, load: Load) -> None:
    steps: list[tuple[int, int]] = []
    loud = editor.edit(request(), lambda step, of: steps.append((step, of)))
    assert steps == [(1, 3), (2, 3), (3, 3)]
    steps.clear()
    quiet = load(step_events=False).edit(request(), lambda step, of: steps.append((step, of)))
    assert steps == []
    assert quiet.tobytes() == loud.tobytes()


def check_that_broken_numbers_are_an_error(model: Any, last_layer: Any) -> None:
    """Check that no black picture comes of them, in the denoiser or the decoder.

    Args:
        model: an editor that nobody else uses.
        last_layer: of its denoiser.
    """
    import torch

    expected = edit(model)
    with torch.no_grad():
        kept = last_layer.weight.clone()
        last_layer.weight.fill_(float("nan"))
        with pytest.raises(FloatingPointError, match="not finite"):
            edit(model)
        last_layer.weight.copy_(kept)
        assert edit(model) == expected
        model._pipeline.vae.decoder.conv_out.weight.fill_(float("nan"))
        with pytest.raises(FloatingPointError, match="not finite"):
            edit(model)
