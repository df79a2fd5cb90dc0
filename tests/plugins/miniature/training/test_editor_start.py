from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from diffusers import QwenImageTransformer2DModel  # noqa: E402 - after the check of extras

from editgauge.plugins.miniature.training.editor import EditorTraining  # noqa: E402
from editgauge.plugins.miniature.training.editor_start import (  # noqa: E402
    fit_output,
    start_as_copy,
)

pytestmark = pytest.mark.models

SIZES = ((32, 48), (96, 64))
TEXTS = ("Make it night.", "去掉左边的圆形。", " ")


@pytest.fixture
def training(pipeline: Any) -> Any:
    start_as_copy(pipeline.transformer)
    fit_output(pipeline.transformer, torch.linspace(0.01, 1.0, 200))
    return EditorTraining(pipeline).eval()


def transformer(heads: int) -> Any:
    return QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=64,
        out_channels=16,
        num_layers=1,
        attention_head_dim=32,
        num_attention_heads=heads,
        joint_attention_dim=64,
        axes_dims_rope=(8, 12, 12),
    )


@torch.no_grad()  # type: ignore[untyped-decorator] # torch is Any here
def errors(training: Any, text: str, size: tuple[int, int], *, same: bool) -> Any:
    """Return how far from the source the first velocities lead, relatively, for many sigmas.

    Args:
        training: what predicts.
        text: the instruction.
        size: width and height of the pictures.
        same: whether the noise is over the source, or over something else.
    """
    sigma = torch.linspace(0.2, 1.0, 17)
    shape = (len(sigma), size[0] * size[1] // 64, 64)
    generator = torch.Generator().manual_seed(1)
    source, other, noise = (torch.randn(shape, generator=generator) for _ in range(3))
    amount = sigma[:, None, None]
    noisy = (1 - amount) * (source if same else other) + amount * noise
    velocity = training.velocity(noisy, source, [text] * len(sigma), sigma, size)
    return (noisy - amount * velocity - source).square().mean(dim=(1, 2))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", TEXTS, ids=["English", "Chinese", "empty"])
def test_editor_starts_by_copying_the_source_whatever_is_asked(
    training: Any, size: tuple[int, int], text: str
) -> None:
    for same in (False, True):
        found = errors(training, text, size, same=same)
        # The scale is fitted to the embedding of the time, and off for single sigmas.
        assert found.mean() < 0.2
        assert found.median() < 0.12


def test_random_weights_copy_nothing(pipeline: Any) -> None:
    found = errors(EditorTraining(pipeline).eval(), TEXTS[0], SIZES[0], same=False)
    assert found.min() > 0.9


def test_instructions_and_places_make_a_difference_from_the_start(training: Any) -> None:
    source = torch.zeros(3, 24, 64)
    with torch.no_grad():
        velocity = training.velocity(source, source, TEXTS, torch.full((3,), 0.5), SIZES[0])
    assert (velocity[0] - velocity[1]).abs().max() > 1e-3
    assert velocity[0].std(dim=0).max() > 1e-3


def test_too_few_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5 heads, not 4"):
        start_as_copy(transformer(4))


def test_far_too_few_heads_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5 heads, not 2"):
        start_as_copy(transformer(2))
