"""A start for the editor's transformer: it copies the source, and knows where in the picture it is.

From random weights a transformer learns for hours that a token of the result is mostly the token
of the source at the same place. Here it starts so. Channels of the image stream:

- 0 to 63: the token's own latents;
- 64 to 127: for tokens of the result, a copy of the source's latents at the same place, fetched by
  the first two heads of the first block, whose queries and keys are biases and so are told apart
  by rotary position alone;
- the last two: a large constant and its negative, which keep layer norms from bending the rest.

Heads three and four of the first block look at the text alone, with a query that depends on the
column and on the row: what they bring differs from place to place, which rotary embeddings, being
relative, do not tell. All else is random as usual, with gates that start open.
"""

import math
from typing import Any

import torch

from editgauge.plugins.miniature.training.least_squares import solve_ridge

PAYLOAD = 64
"""Latents of a token."""

CONSTANT = 16.0

LEAST_SIGMA = 0.12
"""Where the velocity stops to grow with less and less noise."""

_SHARPNESS = 5.5
_QUIETER = 0.3
_RIDGE = 1e-7
_FRAME, _ROWS, _COLUMNS = range(4), range(4, 10), range(10, 16)
"""Which pairs of a head's channels turn with what, for axes of 8, 12 and 12 channels."""


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def start_as_copy(transformer: Any) -> None:
    """Let a transformer of at least 5 heads of 32 channels start by copying the source.

    Call `fit_output` afterwards.
    """
    width = transformer.inner_dim
    heads = width // 32
    if heads < 5:
        raise ValueError(f"a start as a copy needs at least 5 heads, not {heads}")
    _start_input(transformer.img_in, width)
    for block in transformer.transformer_blocks:
        for modulation in (block.img_mod[1], block.txt_mod[1]):
            modulation.weight.mul_(0.1)
            modulation.bias.zero_()
            modulation.bias.view(6, width)[[2, 5]] = 1.0
        for last in (
            block.attn.to_out[0],
            block.attn.to_add_out,
            block.img_mlp.net[2],
            block.txt_mlp.net[2],
        ):
            last.weight.mul_(_QUIETER)
            last.bias.zero_()
        # Nobody reads the noise.
        for first in (block.attn.to_q, block.attn.to_k, block.attn.to_v, block.img_mlp.net[0].proj):
            first.weight[:, :PAYLOAD] = 0.0
    attention = transformer.transformer_blocks[0].attn
    for weight in (attention.norm_q.weight, attention.norm_k.weight):
        weight.fill_(_SHARPNESS)
    _set_copying_heads(attention, width)
    _set_place_head(attention, 2, _COLUMNS)
    _set_place_head(attention, 3, _ROWS)


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def fit_output(transformer: Any, sigma: torch.Tensor) -> None:
    """Let the last layers give the velocity that leads to what stands in the place of the copy.

    That is `(noisy - copy) / sigma`, for sigma not too small: layer norm and modulation give the
    quotient, the last matrix the difference. So the blocks between have nothing to do with noise:
    they turn the copy of the source into the result.

    Args:
        transformer: the transformer, after `start_as_copy`.
        sigma: parts of noise to fit the modulation for, shape (number,).
    """
    output = transformer.norm_out
    like = torch.zeros(len(sigma), 1, transformer.inner_dim)
    time = torch.nn.functional.silu(transformer.time_text_embed(sigma, like))
    rows = torch.cat([time, torch.ones(len(sigma), 1)], dim=1)
    solved = solve_ridge(rows, (1 / sigma.clamp(min=LEAST_SIGMA) - 1)[:, None], _RIDGE).float()
    output.linear.weight.zero_()
    output.linear.bias.zero_()
    output.linear.weight[: 2 * PAYLOAD] = solved[:-1, 0]
    output.linear.bias[: 2 * PAYLOAD] = solved[-1, 0]
    layer = transformer.proj_out
    layer.weight.zero_()
    layer.bias.zero_()
    # Two payloads of about 1 beside the constants.
    deviation = CONSTANT * math.sqrt((2 + 2 * PAYLOAD / CONSTANT**2) / transformer.inner_dim)
    for channel in range(PAYLOAD):
        layer.weight[channel, channel] = deviation
        layer.weight[channel, PAYLOAD + channel] = -deviation


def _start_input(layer: Any, width: int) -> None:
    layer.weight.zero_()
    layer.weight[:PAYLOAD] = torch.eye(PAYLOAD)
    layer.bias.zero_()
    layer.bias[width - 2] = CONSTANT
    layer.bias[width - 1] = -CONSTANT


def _set_copying_heads(attention: Any, width: int) -> None:
    """Let heads one and two bring each token of the result its token of the source."""
    here = torch.zeros(16, 2)
    here[:, 0] = 1.0
    # The source is one frame further; its keys are turned back by one frame.
    there = here.clone()
    for pair in _FRAME:
        angle = -(10_000.0 ** (-pair / len(_FRAME)))
        there[pair] = torch.tensor([math.cos(angle), math.sin(angle)])
    deviation = CONSTANT * math.sqrt(2.25 / width)
    for head in (0, 1):
        span = slice(32 * head, 32 * head + 32)
        for layer, pattern in ((attention.to_q, here), (attention.to_k, there)):
            layer.weight[span] = 0.0
            layer.bias[span] = pattern.flatten()
        values = attention.to_v
        values.weight[span] = 0.0
        values.bias[span] = 0.0
        for channel in range(span.start, span.stop):
            values.weight[channel, channel] = 1.0
            # The layer norm's mean, as the two constants show it.
            values.weight[channel, width - 2 :] = -0.5
        attention.to_out[0].weight[:, span] = 0.0
        for channel in range(span.start, span.stop):
            attention.to_out[0].weight[PAYLOAD + channel, channel] = deviation
    # Nothing else writes into the copy at first.
    attention.to_out[0].weight[PAYLOAD : 2 * PAYLOAD, 64:] = 0.0


def _set_place_head(attention: Any, head: int, pairs: range) -> None:
    """Let a head look at the text alone, at other tokens from each place along an axis."""
    span = slice(32 * head, 32 * head + 32)
    pattern = torch.zeros(16, 2)
    pattern[list(pairs), 0] = 1.0
    slow = _FRAME[-1]
    pattern[slow, 0] = 2.0
    away = torch.zeros(16, 2)
    away[slow, 0] = -1.0
    for layer, bias in (
        (attention.to_q, pattern),
        (attention.to_k, away),
        (attention.add_k_proj, pattern),
    ):
        layer.weight[span] = 0.0
        layer.bias[span] = bias.flatten()
