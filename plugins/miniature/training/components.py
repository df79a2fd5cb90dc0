"""A start for the autoencoder: the best linear code of small blocks, written into its convolutions.

From random weights the real class needs hours to a sharp picture. Here its residual branches start
at zero, so that only shortcuts and convolutions that change the size are left, and these get

- on the way down, the principal components of 2 x 2 and then of 4 x 4 pixels (Karhunen-Loève
  transform);
- on the way up, the least-squares solution for the picture at the next size.

The normalisation and SiLU before the last convolution of both halves would bend a linear code: a
large constant channel keeps the norm nearly the same everywhere, and channels in pairs `a`, `-a`
undo the SiLU, for silu(a) - silu(-a) = a.
"""

import math
from typing import Any

import torch
from torch.nn.functional import interpolate, unfold

from editgauge.plugins.miniature.training.least_squares import solve_ridge

CONSTANT = 12.0
"""The constant channel, large beside all others."""

SIZE = 0.3
"""What the values in pairs are about as large as."""

RIDGE = 1e-4
"""What is added to the diagonal in least squares, in parts of the mean of the diagonal."""


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def start_from_components(autoencoder: Any, pictures: torch.Tensor) -> None:
    """Set the weights of an autoencoder that halves the picture twice.

    Args:
        autoencoder: an `AutoencoderKLQwenImage` with three stages, one residual block each.
        pictures: shape (number, 3, height, width), from -1 to 1; edges a multiple of 4.
    """
    _quiet_branches(autoencoder)
    halves, quarters = _start_encoder(autoencoder, pictures)
    _start_decoder(autoencoder, pictures, halves, quarters)


def _quiet_branches(autoencoder: Any) -> None:
    """Let every residual block and attention start as its shortcut, and small noise elsewhere."""
    for module in autoencoder.modules():
        kind = type(module).__name__
        if kind == "QwenImageResidualBlock":
            module.conv2.weight.zero_()
            module.conv2.bias.zero_()
            if hasattr(module.conv_shortcut, "weight"):
                _embed(module.conv_shortcut)
        elif kind == "QwenImageAttentionBlock":
            module.proj.weight.zero_()
            module.proj.bias.zero_()


def _start_encoder(autoencoder: Any, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Write the components into the encoder and return them for some pictures, at both sizes."""
    encoder = autoencoder.encoder
    _embed(encoder.conv_in)
    first, second = (block for block in encoder.down_blocks if hasattr(block, "resample"))
    halves = _write_components(first.resample[1], pictures, min(12, len(first.resample[1].bias)))
    channels = autoencoder.config.z_dim
    quarters = _write_components(second.resample[1], halves, channels, size=SIZE)
    widen = encoder.down_blocks[-1].conv_shortcut
    _pair(widen, channels)
    width = widen.weight.shape[0]
    encoder.norm_out.gamma.fill_(CONSTANT / math.sqrt(width))
    _difference(encoder.conv_out, channels, gain=1 / SIZE)
    _embed(autoencoder.quant_conv)
    autoencoder.quant_conv.weight[channels:].zero_()
    autoencoder.quant_conv.bias[channels:] = -10.0
    return halves, quarters / SIZE


def _start_decoder(
    autoencoder: Any, pictures: torch.Tensor, halves: torch.Tensor, quarters: torch.Tensor
) -> None:
    decoder = autoencoder.decoder
    _embed(autoencoder.post_quant_conv)
    _embed(decoder.conv_in)
    half = _write_upwards(decoder.up_blocks[0].upsamplers[0].resample[1], quarters, halves)
    whole = decoder.up_blocks[1].upsamplers[0].resample[1]
    full = _write_upwards(whole, half, torch.cat([SIZE * pictures, -SIZE * pictures], dim=1))
    whole.weight[-1].zero_()
    whole.bias[-1] = CONSTANT
    width = whole.weight.shape[0]
    decoder.norm_out.gamma.fill_(CONSTANT / math.sqrt(width))
    final = decoder.conv_out
    solution, bias = _least_squares(unfold(full[:, :3], 3, padding=1), pictures)
    final.weight.zero_()
    kernels = solution.T.reshape(3, 3, 3, 3)
    final.weight[:, :3, -1] = kernels
    final.weight[:, 3:6, -1] = -kernels
    # Both halves of a pair give one part each: silu(a) and silu(-a) differ by a.
    final.bias.copy_(bias)


def _write_components(
    convolution: Any, x: torch.Tensor, count: int, size: float | None = None
) -> torch.Tensor:
    """Write the first components of blocks of 2 x 2 into a convolution of stride 2; return them.

    With a size, each is divided by the root of its deviation, and all together brought to that
    size: what counts more in the picture stays larger, and so counts more to the editor.
    """
    blocks = unfold(x, 2, stride=2).transpose(1, 2).flatten(0, 1)
    mean = blocks.mean(dim=0)
    centred = blocks - mean
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(centred))
    vectors = vectors.flip(1)[:, :count]
    if size is not None:
        deviations = values.flip(0)[:count].sqrt()
        vectors = vectors * (size / deviations.sqrt() / deviations.mean().sqrt())
    kernels = vectors.T.reshape(count, x.shape[1], 2, 2)
    convolution.weight[:count].zero_()
    convolution.weight[:count, : x.shape[1], :2, :2] = kernels
    convolution.bias.zero_()
    convolution.bias[:count] = -(mean @ vectors)
    result = centred @ vectors
    height, width = x.shape[2] // 2, x.shape[3] // 2
    return result.reshape(len(x), height, width, count).permute(0, 3, 1, 2)


def _write_upwards(convolution: Any, x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Write what brings `x` nearest to a target of twice its size; return what comes out."""
    large = interpolate(x, scale_factor=2, mode="nearest-exact")
    patches = unfold(large, 3, padding=1)
    solution, bias = _least_squares(patches, target)
    count, channels = target.shape[1], x.shape[1]
    convolution.weight[:count].zero_()
    convolution.weight[:count, :channels] = solution.T.reshape(count, channels, 3, 3)
    convolution.bias.zero_()
    convolution.bias[:count] = bias
    fitted = torch.einsum("npl,pc->ncl", patches, solution) + bias[:, None]
    return fitted.reshape(target.shape)


def _least_squares(
    patches: torch.Tensor, target: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return matrix and bias from patches (number, values, places) to a target."""
    rows = patches.transpose(1, 2).flatten(0, 1).double()
    wanted = target.flatten(2).transpose(1, 2).flatten(0, 1).double()
    mean, wanted_mean = rows.mean(dim=0), wanted.mean(dim=0)
    solution = solve_ridge(rows - mean, wanted - wanted_mean, RIDGE)
    return solution.float(), (wanted_mean - mean @ solution).float()


def _embed(convolution: Any) -> None:
    """Let the first channels through as they are; the channels beyond keep their small noise."""
    weight = _last_tap(convolution)
    shared = min(weight.shape[:2])
    weight[:shared].zero_()
    middle = weight.shape[2] // 2
    for channel in range(shared):
        weight[channel, channel, middle, middle] = 1.0
    convolution.bias.zero_()


def _pair(shortcut: Any, channels: int) -> None:
    """Make pairs `a`, `-a` of the first channels, and a constant of the last."""
    weight = _last_tap(shortcut)
    weight[: 2 * channels].zero_()
    for channel in range(channels):
        weight[channel, channel, 0, 0] = 1.0
        weight[channels + channel, channel, 0, 0] = -1.0
    weight[-1].zero_()
    shortcut.bias.zero_()
    shortcut.bias[-1] = CONSTANT


def _difference(convolution: Any, channels: int, *, gain: float) -> None:
    """Make `a` of pairs that have been through a SiLU."""
    weight = _last_tap(convolution)
    weight.zero_()
    for channel in range(channels):
        weight[channel, channel, 1, 1] = gain
        weight[channel, channels + channel, 1, 1] = -gain
    convolution.bias.zero_()


def _last_tap(convolution: Any) -> Any:
    """Return the weights for the present frame, shape (out, in, height, width)."""
    weight = convolution.weight
    return weight[:, :, -1] if weight.ndim == 5 else weight
