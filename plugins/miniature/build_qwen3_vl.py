"""Builds a tiny Qwen3-VL mixture of experts: the real classes, random weights."""

import string
from pathlib import Path
from typing import Any

import torch
from transformers import (
    GenerationConfig,
    Qwen2VLImageProcessor,
    Qwen3VLMoeConfig,
    Qwen3VLMoeForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from editgauge.plugins.miniature.byte_tokenizer import (
    SPACE,
    VOCABULARY_SIZE,
    byte_tokenizer,
    token_id,
)

# Of a few seeds, one whose replies differ from picture to picture.
SEED = 20260107

CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.content is string -%}
{{ message.content }}
{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>
{%- elif part.type == 'text' -%}{{ part.text }}
{%- endif -%}
{%- endfor -%}
{%- endif -%}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}
"""
"""What Qwen3-VL's own template makes of messages with images and text."""


def build_qwen3_vl(folder: Path) -> None:
    """Build and save a checkpoint of about 0.7 MB, a mixture of experts as 30B-A3B is.

    Args:
        folder: where it is saved.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = _mixture()
        _prefer_letters(model)
    model.generation_config = GenerationConfig(
        eos_token_id=[token_id("<|im_end|>"), token_id("<|endoftext|>")],
        pad_token_id=token_id("<|endoftext|>"),
    )
    model.eval().save_pretrained(folder, safe_serialization=True)
    processor = Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(
            patch_size=16,
            size={"shortest_edge": 65536, "longest_edge": 16777216},
            image_mean=[0.5, 0.5, 0.5],
            image_std=[0.5, 0.5, 0.5],
        ),
        tokenizer=byte_tokenizer(),
        video_processor=Qwen3VLVideoProcessor(),
        chat_template=CHAT_TEMPLATE,
    )
    processor.save_pretrained(folder)


def _mixture() -> Qwen3VLMoeForConditionalGeneration:
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
    config = Qwen3VLMoeConfig(text_config=_text() | experts, vision_config=_vision(), **_tokens())
    return Qwen3VLMoeForConditionalGeneration(config)


def _prefer_letters(model: Any) -> None:
    """Make replies of letters far more likely than of digits and half characters.

    So a terminal can show them, and no parser finds a number in what means nothing.
    """
    likely = [*string.ascii_letters, "<|im_end|>", SPACE]
    keep = byte_tokenizer().convert_tokens_to_ids(likely)
    scale = torch.full((VOCABULARY_SIZE, 1), 0.2)
    scale[keep] = 1.0
    model.lm_head.weight.data.mul_(scale)


def _text() -> dict[str, Any]:
    return {
        "vocab_size": VOCABULARY_SIZE,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 5_000_000.0,
            "mrope_section": [2, 3, 3],
            "mrope_interleaved": True,
        },
        # With the default of 0.02, so small a network gives every picture the same reply.
        "initializer_range": 0.5,
        "bos_token_id": None,
        "eos_token_id": token_id("<|im_end|>"),
        "pad_token_id": token_id("<|endoftext|>"),
    }


def _vision() -> dict[str, Any]:
    return {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "patch_size": 16,
        "out_hidden_size": 32,
        "deepstack_visual_indexes": [0, 1],
        "initializer_range": 0.5,
    }


def _tokens() -> dict[str, int]:
    return {
        "image_token_id": token_id("<|image_pad|>"),
        "video_token_id": token_id("<|video_pad|>"),
        "vision_start_token_id": token_id("<|vision_start|>"),
        "vision_end_token_id": token_id("<|vision_end|>"),
    }
