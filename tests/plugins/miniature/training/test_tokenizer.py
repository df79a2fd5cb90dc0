from typing import Any
from unicodedata import normalize

import pytest

pytest.importorskip("torch")
pytest.importorskip("diffusers")

from hypothesis import example, given
from hypothesis import strategies as st

from editgauge.plugins.miniature.byte_tokenizer import SPECIAL_TOKENS
from editgauge.plugins.miniature.training.instructions import every_instruction
from editgauge.plugins.miniature.training.tokenizer import train_tokenizer

pytestmark = pytest.mark.models

TOKENIZER = train_tokenizer(every_instruction(), size=500)


@given(st.text().filter(lambda text: not any(token in text for token in SPECIAL_TOKENS)))
@example("Make it night, please: 3 + 7 = 10 🦜\r\n\tnaïve  spaces ")
@example("把照片变成黑白。 한국어 👩‍🚀 don't")
@example("cafe\u0301")
@example(" ")
def test_every_text_can_be_read_and_comes_back(text: str) -> None:
    numbers = TOKENIZER(text).input_ids
    # As with every tokenizer of Qwen, an accent is one with its letter afterwards.
    assert TOKENIZER.decode(numbers) == normalize("NFC", text)
    assert all(0 <= number < len(TOKENIZER) for number in numbers)


def test_known_texts_take_few_tokens() -> None:
    known = every_instruction()
    tokens = sum(len(numbers) for numbers in TOKENIZER(known).input_ids)
    assert tokens < 0.4 * len("".join(known).encode())


def test_size_is_kept_to_with_the_bytes_and_the_special_tokens() -> None:
    assert len(TOKENIZER) == 500
    assert len(train_tokenizer(["a"], size=500)) == 256 + len(SPECIAL_TOKENS)


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_special_tokens_are_one_token_also_within_text(token: str) -> None:
    number = TOKENIZER.convert_tokens_to_ids(token)
    assert TOKENIZER(token).input_ids == [number]
    assert TOKENIZER(f"night{token}fog").input_ids.count(number) == 1
    assert TOKENIZER.convert_ids_to_tokens(number) == token


def test_template_takes_as_many_tokens_as_the_pipeline_drops(pipeline: Any) -> None:
    before, _, after = pipeline.prompt_template_encode.partition("<|vision_start|>")
    assert len(pipeline.tokenizer(before).input_ids) == 64
    assert pipeline.prompt_template_encode_start_idx == 64
    assert after.startswith("<|image_pad|><|vision_end|>{}")
    whole = pipeline.tokenizer(pipeline.prompt_template_encode.format("Make it night.")).input_ids
    assert pipeline.tokenizer.decode(whole[64:]).startswith(
        "<|vision_start|><|image_pad|><|vision_end|>Make it night."
    )
