from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers.models.autoencoders.autoencoder_kl_qwenimage import (  # noqa: E402 - after the check
    QwenImageCausalConv3d,
)

from editgauge.plugins.miniature.training.image_convolutions import (  # noqa: E402
    image_convolutions,
)

pytestmark = pytest.mark.models


def noise(*shape: int) -> Any:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)) * 2 - 1


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def test_encoder_and_decoder_give_the_same_as_with_time(autoencoder: Any) -> None:
    pictures, latents = noise(2, 3, 1, 32, 40), noise(2, 16, 1, 8, 10)
    wanted = (autoencoder.encoder(pictures), autoencoder.decoder(latents))
    with image_convolutions():
        fast = (autoencoder.encoder(pictures), autoencoder.decoder(latents))
    for one, other in zip(fast, wanted, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, atol=1e-5)
        assert one.std() > 1e-3


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def test_several_frames_are_refused(autoencoder: Any) -> None:
    with image_convolutions(), pytest.raises(ValueError, match="only single frames"):
        autoencoder.encoder(noise(1, 3, 2, 16, 16))
    with image_convolutions(), pytest.raises(ValueError, match="only single frames"):
        autoencoder.encoder.conv_in(noise(1, 3, 1, 16, 16), noise(1, 3, 1, 16, 16))


def test_convolutions_are_put_back_also_after_an_exception() -> None:
    original = QwenImageCausalConv3d.forward
    with image_convolutions():
        assert QwenImageCausalConv3d.forward is not original
    assert QwenImageCausalConv3d.forward is original
    with pytest.raises(KeyError), image_convolutions():
        raise KeyError
    assert QwenImageCausalConv3d.forward is original
