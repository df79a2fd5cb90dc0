"""Instructions are asked as the miniature editor was trained, however they are spelt."""

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from editgauge.plugins.miniature.model import as_trained

pytestmark = pytest.mark.models


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("make it darker", "Make it darker."),
        ("Make it darker.", "Make it darker."),
        ("  invert the colors ", "Invert the colours."),
        ("Color the whole image blue", "Colour the whole image blue."),
        ("turn the picture into grayscale!", "Turn the picture into greyscale!"),
        ("把图片变成黑白", "把图片变成黑白。"),
        ("旋转180度。", "旋转180度。"),
        (" ", ""),
    ],
)
def test_an_instruction_becomes_a_sentence_in_british_spelling(written: str, asked: str) -> None:
    assert as_trained(written) == asked
