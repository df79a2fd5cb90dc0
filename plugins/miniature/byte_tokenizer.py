"""A tokenizer that needs no download: one token per byte, and Qwen's special tokens."""

from tokenizers.pre_tokenizers import ByteLevel
from transformers import Qwen2Tokenizer

SPECIAL_TOKENS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
"""In this order they follow the 256 bytes, so they have the ids 256 to 263."""

VOCABULARY_SIZE = 256 + len(SPECIAL_TOKENS)

SPACE = "Ġ"
"""How byte-level vocabularies write a space."""


def byte_tokenizer() -> Qwen2Tokenizer:
    """Return a byte-level `Qwen2Tokenizer` without merges.

    Every letter, digit and space is one token, so single characters can serve as answer labels.
    """
    vocabulary = {symbol: number for number, symbol in enumerate(sorted(ByteLevel.alphabet()))}
    vocabulary |= {token: 256 + number for number, token in enumerate(SPECIAL_TOKENS)}
    return Qwen2Tokenizer(
        vocab=vocabulary,
        merges=[],
        eos_token="<|im_end|>",  # noqa: S106 - ends a reply; no password
        additional_special_tokens=list(SPECIAL_TOKENS),
        clean_up_tokenization_spaces=False,
    )


def token_id(token: str) -> int:
    """Return the id of one of the special tokens."""
    return 256 + SPECIAL_TOKENS.index(token)
