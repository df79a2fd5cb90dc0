from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

from PIL import Image  # noqa: E402 - after the check of extras

from editgauge.plugins.miniature.training import text_encoder  # noqa: E402
from editgauge.plugins.miniature.training.instructions import Edit  # noqa: E402
from editgauge.plugins.miniature.training.loop import Course  # noqa: E402
from editgauge.plugins.miniature.training.text_encoder import (  # noqa: E402
    WIDTH,
    Texts,
    TextTraining,
    train_text_encoder,
)

pytestmark = pytest.mark.models

TEXTS = ("Make it night.", "把左边的圆形变成黑色。", " ")


def picture(width: int, height: int, seed: int) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def real(pipeline: Any, text: str, image: Image.Image) -> Any:
    """Return what the real pipeline gives the transformer for an instruction."""
    with torch.no_grad():
        embeddings, _ = pipeline.encode_prompt(prompt=[text], image=image)
    return embeddings[0]


def test_embeddings_are_those_of_the_real_pipeline(pipeline: Any) -> None:
    embeddings, mask = Texts(pipeline).embed(TEXTS, "cpu")
    for row, lengths, text in zip(embeddings, mask, TEXTS, strict=True):
        wanted = real(pipeline, text, picture(96, 96, 0))
        assert len(wanted) == lengths.sum()
        assert torch.allclose(row[: len(wanted)], wanted, atol=1e-5)
        assert not row[len(wanted) :].any()


@pytest.mark.parametrize("size", [(96, 96), (128, 96), (96, 128)])
def test_embeddings_do_not_depend_on_the_picture(pipeline: Any, size: tuple[int, int]) -> None:
    wanted = real(pipeline, TEXTS[0], Image.new("RGB", (96, 96)))
    assert torch.allclose(real(pipeline, TEXTS[0], picture(*size, 1)), wanted, atol=1e-6)
    assert not torch.allclose(wanted, real(pipeline, "Make it foggy", picture(*size, 1))[:13])


def test_embeddings_are_computed_once(pipeline: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts(pipeline)
    first, first_mask = texts.embed(TEXTS, "cpu")
    monkeypatch.setattr(texts, "forward", lambda _new: pytest.fail("computed again"))
    again, again_mask = texts.embed(TEXTS[::-1], "cpu")
    assert torch.equal(first, again.flip(0))
    assert torch.equal(first_mask, again_mask.flip(0))


def test_loss_teaches_the_encoder_and_its_readers(pipeline: Any) -> None:
    training = TextTraining(pipeline)
    edits = [Edit(kind="night"), Edit(kind="recolour", colour="black", shape="circle", side="left")]
    training.loss(edits, TEXTS[:2]).backward()
    assert pipeline.text_encoder.get_input_embeddings().weight.grad.any()
    assert all(reader.weight.grad.any() for reader in training.readers)
    assert pipeline.text_encoder.get_input_embeddings().weight.shape[1] == WIDTH


def test_trained_encoder_tells_more_apart_and_still_sees_nothing(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(text_encoder, "_BATCH", 12)
    course = Course(name="text encoder", steps=3, rate=2e-3, warm_up=1)
    monkeypatch.setattr(text_encoder, "COURSE", course)
    before = real(pipeline, TEXTS[0], picture(96, 96, 0))
    train_text_encoder(pipeline, tmp_path)
    after = real(pipeline, TEXTS[0], picture(96, 96, 0))
    assert not torch.allclose(before, after, atol=1e-3)
    assert torch.allclose(after, real(pipeline, TEXTS[0], picture(96, 96, 1)), atol=1e-6)
    assert not any(weight.requires_grad for weight in pipeline.text_encoder.parameters())
    assert not pipeline.text_encoder.training
