"""Faster autoencoder for still pictures: its convolutions over time without time.

`AutoencoderKLQwenImage` is made for video. For one frame, the taps of its causal convolutions that
look at earlier frames only ever see padding, so the last tap alone gives the same result.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_qwenimage import QwenImageCausalConv3d
from torch.nn.functional import conv2d


@contextmanager
def image_convolutions() -> Iterator[None]:
    """Let every causal convolution of this process work on single frames, for a while."""
    original = QwenImageCausalConv3d.forward
    QwenImageCausalConv3d.forward = _forward
    try:
        yield
    finally:
        QwenImageCausalConv3d.forward = original


def _forward(self: Any, x: torch.Tensor, cache_x: torch.Tensor | None = None) -> torch.Tensor:
    """Convolve one frame; `x` has the shape (batch, channels, 1, height, width)."""
    if x.shape[2] != 1 or cache_x is not None:
        raise ValueError("only single frames can be convolved without time")
    _, step_down, step_right = self.stride
    # Left and top padding; the causal padding of time is left out with the taps that it feeds.
    padding = (self._padding[2], self._padding[0])
    return conv2d(
        x[:, :, 0], self.weight[:, :, -1], self.bias, (step_down, step_right), padding
    ).unsqueeze(2)
