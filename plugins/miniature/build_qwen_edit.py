"""Builds a tiny Qwen-Image-Edit checkpoint of several sources: the real classes, random weights."""

from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    QwenImageEditPlusPipeline,
    QwenImageTransformer2DModel,
)
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
)

from editgauge.plugins.miniature.byte_tokenizer import VOCABULARY_SIZE, byte_tokenizer, token_id

SEED = 20260101

WIDTH = 32
"""Width of the text encoder, and so of what the transformer attends to."""


def build_qwen_edit(folder: Path) -> None:
    """Build and save a checkpoint of about 3.5 MB, of the class of -2509 and -2511.

    Args:
        folder: where it is saved.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        tokenizer = byte_tokenizer()
        pipeline = QwenImageEditPlusPipeline(
            scheduler=build_scheduler(),
            vae=_autoencoder(),
            text_encoder=_text_encoder(),
            tokenizer=tokenizer,
            processor=Qwen2VLProcessor(
                # Fewer pixels than the real checkpoint's, for the text encoder alone: it sees the
                # source in 64 tokens. The autoencoder still gets its megapixel.
                image_processor=Qwen2VLImageProcessor(
                    size={"shortest_edge": 28 * 28, "longest_edge": 28 * 28 * 64}
                ),
                tokenizer=tokenizer,
                video_processor=Qwen2VLVideoProcessor(),
            ),
            transformer=_transformer(),
        )
    pipeline.save_pretrained(folder, safe_serialization=True)


def build_scheduler() -> FlowMatchEulerDiscreteScheduler:
    """Return the scheduler as it is in the real checkpoints."""
    return FlowMatchEulerDiscreteScheduler(
        use_dynamic_shifting=True,
        base_shift=0.5,
        max_shift=0.9,
        base_image_seq_len=256,
        max_image_seq_len=8192,
        shift=1.0,
        shift_terminal=0.02,
        time_shift_type="exponential",
    )


def _autoencoder() -> AutoencoderKLQwenImage:
    # Three halvings as in the real one: with two it works on four times the pixels.
    return AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=16,
        dim_mult=[1, 2, 4, 4],
        num_res_blocks=1,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * 16,
        latents_std=[1.0] * 16,
    )


def _transformer() -> QwenImageTransformer2DModel:
    return QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=64,
        out_channels=16,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(8, 4, 4),
    )


def _text_encoder() -> Qwen2_5_VLForConditionalGeneration:
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": VOCABULARY_SIZE,
            "hidden_size": WIDTH,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1_000_000.0,
                "mrope_section": [2, 3, 3],
            },
            "bos_token_id": None,
            "eos_token_id": token_id("<|im_end|>"),
            "pad_token_id": token_id("<|endoftext|>"),
        },
        vision_config={
            "depth": 2,
            "hidden_size": WIDTH,
            "intermediate_size": 64,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "fullatt_block_indexes": [1],
        },
        image_token_id=token_id("<|image_pad|>"),
        video_token_id=token_id("<|video_pad|>"),
        vision_start_token_id=token_id("<|vision_start|>"),
        vision_end_token_id=token_id("<|vision_end|>"),
    )
    return Qwen2_5_VLForConditionalGeneration(config).eval()
