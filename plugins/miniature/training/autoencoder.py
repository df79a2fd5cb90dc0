"""The miniature autoencoder: the real class of Qwen-Image, two halvings, 16 channels."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage

from editgauge.plugins.miniature.training.components import start_from_components
from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.image_convolutions import image_convolutions
from editgauge.plugins.miniature.training.loop import Course, train
from editgauge.plugins.miniature.training.tasks import draw_task

CHANNELS = 16
"""Of the latents."""

COURSE = Course(name="autoencoder", steps=1600, rate=8e-4, warm_up=50)

SEED = 11

_SIZE = 96
_CROP = 32
_BATCH = 16
_TASKS = 4
_START_PICTURES = 300
_STATISTICS_PICTURES = 400


def build_autoencoder() -> Any:
    """Return the autoencoder with random weights."""
    return AutoencoderKLQwenImage(
        base_dim=11,
        z_dim=CHANNELS,
        dim_mult=[1, 2, 3],
        num_res_blocks=1,
        temperal_downsample=[False, False],
    )


def train_autoencoder(folder: Path, work: Path, device: str) -> None:
    """Train the autoencoder and save it in half precision.

    Args:
        folder: where the checkpoint is saved.
        work: where states are kept.
        device: what it is trained on.
    """
    torch.manual_seed(SEED)
    autoencoder = build_autoencoder()
    start_from_components(autoencoder, _pictures(SEED + 1, 0, _START_PICTURES))
    autoencoder.to(device)

    def loss_of(step: int) -> torch.Tensor:
        wanted = _crops(step).to(device).unsqueeze(2)
        moments = autoencoder.quant_conv(autoencoder.encoder(wanted))
        latents = moments[:, :CHANNELS]
        difference = autoencoder.decoder(autoencoder.post_quant_conv(latents)) - wanted
        return difference.abs().mean() + 2 * difference.square().mean()

    with image_convolutions():
        train(COURSE, autoencoder, loss_of, folder=work)
        _forget_earlier_frames(autoencoder)
        _set_statistics(autoencoder, device)
    autoencoder.half().save_pretrained(folder, safe_serialization=True)


def load_autoencoder(folder: Path) -> Any:
    """Return a trained autoencoder in single precision, not to be trained further."""
    autoencoder: Any = AutoencoderKLQwenImage.from_pretrained(folder, torch_dtype=torch.float32)
    # The pipeline would save where this came from.
    autoencoder.register_to_config(_name_or_path="")
    return autoencoder.eval().requires_grad_(False)


def as_tensor(pictures: list[Picture]) -> torch.Tensor:
    """Return pictures of one size as a tensor (number, 3, height, width) from -1 to 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).mul(2).sub(1).contiguous()


def as_pictures(tensor: torch.Tensor) -> list[Picture]:
    """Return the pictures of a tensor; the inverse of `as_tensor`."""
    values = tensor.float().add(1).div(2).clamp(0, 1).permute(0, 2, 3, 1)
    return list(values.cpu().numpy())


def encode(autoencoder: Any, pictures: torch.Tensor) -> torch.Tensor:
    """Return normalised latents (number, channels, height / 4, width / 4), as pipelines make them.

    Args:
        autoencoder: the autoencoder, under `image_convolutions`.
        pictures: shape (number, 3, height, width), from -1 to 1.
    """
    moments = autoencoder.quant_conv(autoencoder.encoder(pictures.unsqueeze(2)))
    latents = moments[:, :CHANNELS, 0]
    mean, std = _statistics(autoencoder, latents)
    return (latents - mean) / std


def decode(autoencoder: Any, latents: torch.Tensor) -> torch.Tensor:
    """Return the pictures of normalised latents; the inverse of `encode`, but for what is lost."""
    mean, std = _statistics(autoencoder, latents)
    raw = (latents * std + mean).unsqueeze(2)
    pictures: torch.Tensor = autoencoder.decoder(autoencoder.post_quant_conv(raw))[:, :, 0]
    return pictures.clamp(-1, 1)


def _statistics(autoencoder: Any, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    mean, std = (
        torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)
        for values in (autoencoder.config.latents_mean, autoencoder.config.latents_std)
    )
    return mean, std


def _pictures(seed: int, step: int, number: int) -> torch.Tensor:
    """Return sources and targets, half of each."""
    pictures = []
    for i in range(number):
        random = np.random.default_rng([seed, step, i])
        task = draw_task(random, width=_SIZE, height=_SIZE)
        pictures.append(task.target if i % 2 else task.source.picture)
    return as_tensor(pictures)


def _crops(step: int) -> torch.Tensor:
    large = _pictures(SEED, step, _TASKS)
    random = np.random.default_rng([SEED, step, _TASKS])
    corners = random.integers(0, _SIZE - _CROP + 1, size=(_BATCH, 2))
    return torch.stack(
        [
            large[i % _TASKS, :, y : y + _CROP, x : x + _CROP]
            for i, (y, x) in enumerate(corners.tolist())
        ]
    )


def _forget_earlier_frames(autoencoder: Any) -> None:
    """Set what still pictures never use to zero: the taps of convolutions for earlier frames."""
    for module in autoencoder.modules():
        if isinstance(module, torch.nn.Conv3d) and module.kernel_size[0] > 1:
            with torch.no_grad():
                module.weight[:, :, :-1].zero_()


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def _set_statistics(autoencoder: Any, device: str) -> None:
    """Set mean and scale of the latents, so that normalised ones are around 0 and near 1.

    The scale is the same for every channel: see `start_from_components`.
    """
    autoencoder.register_to_config(latents_mean=[0.0] * CHANNELS, latents_std=[1.0] * CHANNELS)
    values = torch.cat(
        [
            encode(autoencoder, part.to(device)).transpose(0, 1).flatten(1)
            for part in _pictures(SEED + 2, 0, _STATISTICS_PICTURES).split(20)
        ],
        dim=1,
    )
    mean = values.mean(dim=1)
    scale = (values - mean[:, None]).square().mean().sqrt().item()
    autoencoder.register_to_config(latents_mean=mean.tolist(), latents_std=[scale] * CHANNELS)
