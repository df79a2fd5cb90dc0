"""The autoencoder: what its training starts from, and what its helpers share with pipelines."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.training.autoencoder import (  # noqa: E402 - after the check
    CHANNELS,
    _forget_earlier_frames,
    _set_statistics,
    as_pictures,
    as_tensor,
    build_autoencoder,
    decode,
    encode,
)
from editgauge.plugins.miniature.training.components import start_from_components  # noqa: E402
from editgauge.plugins.miniature.training.image_convolutions import (  # noqa: E402
    image_convolutions,
)
from editgauge.plugins.miniature.training.tasks import draw_task  # noqa: E402

pytestmark = pytest.mark.models


def pictures(seed: int, number: int, *, size: int = 48) -> Any:
    random = np.random.default_rng(seed)
    return as_tensor([draw_task(random, width=size, height=size).target for _ in range(number)])


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def decibels(autoencoder: Any, shown: Any) -> float:
    """Return the mean PSNR of pictures that have been through an autoencoder."""
    with image_convolutions():
        back = decode(autoencoder, encode(autoencoder, shown))
    errors = ((back - shown) / 2).square().mean(dim=(1, 2, 3))
    return float(-10 * errors.log10().mean())


def test_components_are_a_start_with_sharp_pictures(autoencoder: Any) -> None:
    others = pictures(2, 12)
    assert decibels(autoencoder, others) < 15
    start_from_components(autoencoder, pictures(1, 60))
    assert decibels(autoencoder, others) > 25


def test_a_start_from_components_can_be_trained(autoencoder: Any) -> None:
    shown = pictures(1, 8, size=32)
    start_from_components(autoencoder, shown)
    autoencoder.requires_grad_(True)
    with image_convolutions():
        (decode(autoencoder, encode(autoencoder, shown)) - shown).square().mean().backward()
    for name, weight in autoencoder.named_parameters():
        # The quiet branches are woken by their last layers.
        if name.endswith(("conv2.weight", "conv_shortcut.weight", "resample.1.weight")):
            assert weight.grad.any(), name


def test_tensors_and_pictures_are_each_others_inverse() -> None:
    random = np.random.default_rng(0)
    shown = [random.random((6, 4, 3), dtype=np.float32) for _ in range(3)]
    tensor = as_tensor(shown)
    assert tensor.shape == (3, 3, 6, 4)
    assert tensor[1, 2, 5, 3] == pytest.approx(2 * shown[1][5, 3, 2] - 1, abs=1e-6)
    for back, picture in zip(as_pictures(tensor), shown, strict=True):
        assert np.allclose(back, picture, atol=1e-6)
    assert as_pictures(torch.full((1, 3, 2, 2), 1.5))[0].max() == 1.0


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def test_latents_are_those_of_the_pipeline(pipeline: Any) -> None:
    mean = torch.linspace(-1, 1, CHANNELS).tolist()
    pipeline.vae.register_to_config(latents_mean=mean, latents_std=[0.5] * CHANNELS)
    shown = pictures(3, 2, size=32)
    with image_convolutions():
        latents = encode(pipeline.vae, shown)
    wanted = pipeline._encode_vae_image(shown.unsqueeze(2), torch.Generator())
    assert latents.shape == (2, CHANNELS, 8, 8)
    assert torch.allclose(latents, wanted[:, :, 0], atol=1e-5)


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def test_still_pictures_never_use_what_is_forgotten_of_earlier_frames(autoencoder: Any) -> None:
    shown = pictures(3, 2, size=32).unsqueeze(2)
    before = autoencoder.decode(autoencoder.encode(shown).latent_dist.mode()).sample
    _forget_earlier_frames(autoencoder)
    assert not autoencoder.encoder.conv_in.weight[:, :, :-1].any()
    after = autoencoder.decode(autoencoder.encode(shown).latent_dist.mode()).sample
    assert torch.allclose(before, after, atol=1e-6)


def test_normalised_latents_are_around_zero_and_near_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = "editgauge.plugins.miniature.training.autoencoder"
    monkeypatch.setattr(f"{module}._STATISTICS_PICTURES", 20)
    shown = pictures(4, 20, size=32)
    monkeypatch.setattr(f"{module}._pictures", lambda *_numbers: shown)
    autoencoder = build_autoencoder()
    with image_convolutions(), torch.no_grad():
        _set_statistics(autoencoder, "cpu")
        latents = encode(autoencoder, shown)
    assert torch.allclose(latents.mean(dim=(0, 2, 3)), torch.zeros(CHANNELS), atol=1e-3)
    assert float(latents.square().mean()) == pytest.approx(1, abs=1e-3)
    assert len(set(autoencoder.config.latents_std)) == 1
