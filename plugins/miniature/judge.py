"""The reward model `miniature-qwen3-vl`: the real judge with tiny weights."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from editgauge.core.models import Config, OnReply, Reply, ScoreRequest
from editgauge.plugins.miniature.checkpoints import KINDS, checkpoint, notice
from editgauge.plugins.qwen3_vl.model import Qwen3VLJudge

if TYPE_CHECKING:
    from PIL.Image import Image

_MULTIPLE = 32
"""What edges of the miniature editor's pictures are multiples of."""


class MiniatureQwen3VLJudge(Qwen3VLJudge):
    """A Qwen3-VL judge whose checkpoint is shipped, or built where it does not exist."""

    @classmethod
    def locate(cls, config: Config) -> str:
        """Return the checkpoint's folder; random weights are built if they do not exist."""
        model: str = config.model
        return str(checkpoint(model)) if model in KINDS else model

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded, and what a miniature's scores mean."""
        return super().describe() | notice(self._config, "its scores mean nothing")

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Judge edits, all images brought to about `pixels` pixels; see `Qwen3VLJudge.score`."""
        pixels = self._config.pixels
        return super().score(
            [
                replace(
                    request, images=tuple(bring_to_size(image, pixels) for image in request.images)
                )
                for request in requests
            ],
            on_reply,
        )


def bring_to_size(image: "Image", pixels: int) -> "Image":
    """Return an image of about so many pixels, with edges as the miniature editor makes them.

    A source and its edit then have the same shape, as the trained judge knows it.
    """
    ratio = image.width / image.height
    exact = (math.sqrt(pixels * ratio), math.sqrt(pixels / ratio))
    width, height = (max(_MULTIPLE, round(edge / _MULTIPLE) * _MULTIPLE) for edge in exact)
    return image if (width, height) == image.size else image.resize((width, height))
