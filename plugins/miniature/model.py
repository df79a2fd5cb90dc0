"""The edit model `miniature-qwen-edit`: the real pipelines, tiny weights, small pictures."""

import functools
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from editgauge.core.models import Config, EditRequest, OnStep
from editgauge.plugins.miniature.checkpoints import KINDS, checkpoint, notice
from editgauge.plugins.qwen_edit.model import QwenImageEdit

if TYPE_CHECKING:
    from PIL.Image import Image

_BRITISH = {"color": "colour", "gray": "grey"}
_AMERICAN = re.compile("|".join(_BRITISH), re.IGNORECASE)


class MiniatureQwenImageEdit(QwenImageEdit):
    """A Qwen-Image-Edit pipeline that works on few pixels.

    diffusers brings every source to about a megapixel, which is nearly all the work of a tiny
    model; here the size is `pixels`.
    """

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return the checkpoint's folder; random weights are built if they do not exist."""
        model: str = config.model
        return str(checkpoint(model)) if model in KINDS else model

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded, and what a miniature's edits are."""
        return super().describe() | notice(self._config, "its edits are noise")

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the edited image, of about `pixels` pixels; see `QwenImageEdit.edit`.

        The instruction is asked as it was trained, a sentence in British spelling.
        """
        asked = replace(request, instruction=as_trained(request.instruction))
        with _limited_size(self._pipeline, self._config.pixels):
            return super().edit(asked, on_step)


def as_trained(instruction: str) -> str:
    """Return an instruction with a capital letter, British spelling and a full stop."""
    text = _AMERICAN.sub(lambda found: _BRITISH[found[0].lower()], instruction.strip())
    if text and text[-1].isalnum():
        text += "." if text[-1].isascii() else "。"
    return text[:1].upper() + text[1:]


@contextmanager
def _limited_size(pipeline: Any, pixels: int) -> Iterator[None]:
    """Make the pipeline's module work out smaller sizes, for the time of an edit."""
    module: Any = sys.modules[type(pipeline).__module__]
    original = module.calculate_dimensions

    @functools.wraps(original)
    def calculate_dimensions(target_area: float, ratio: float) -> Any:
        width, height, *rest = original(min(target_area, pixels), ratio)
        # Long and narrow pictures would be rounded to nothing.
        return (max(32, width), max(32, height), *rest)

    module.calculate_dimensions = calculate_dimensions
    try:
        yield
    finally:
        module.calculate_dimensions = original
