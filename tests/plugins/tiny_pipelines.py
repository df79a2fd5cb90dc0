"""Builds tiny checkpoints of diffusers pipelines: the real classes, random weights.

Only for tests, unlike those of `plugins/miniature`: nobody needs a second editor that makes noise.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxKontextPipeline,
    FluxTransformer2DModel,
    StableDiffusionInstructPix2PixPipeline,
    StableDiffusionXLInstructPix2PixPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

SEED = 20260104
WIDTH = 32


def build_flux_kontext(folder: Path, *, distilled: bool = True) -> Path:
    """Save a FLUX.1 Kontext checkpoint of about 300 KB and return its folder."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        tokenizer_2 = _t5_tokenizer()
        pipeline = FluxKontextPipeline(
            scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift=3.0),
            vae=_autoencoder(scaling_factor=0.36, shift_factor=0.12),
            text_encoder=CLIPTextModel(_clip_config()).eval(),
            tokenizer=_clip_tokenizer(),
            text_encoder_2=T5EncoderModel(
                T5Config(
                    vocab_size=len(tokenizer_2),
                    d_model=WIDTH,
                    d_kv=16,
                    d_ff=64,
                    num_layers=2,
                    num_heads=2,
                    is_encoder_decoder=False,
                )
            ).eval(),
            tokenizer_2=tokenizer_2,
            transformer=FluxTransformer2DModel(
                patch_size=1,
                in_channels=16,
                num_layers=1,
                num_single_layers=1,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=WIDTH,
                pooled_projection_dim=WIDTH,
                guidance_embeds=distilled,
                axes_dims_rope=(4, 4, 8),
            ),
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def build_instruct_pix2pix(folder: Path, *, withholding: bool | None = None) -> Path:
    """Save an InstructPix2Pix checkpoint of about 600 KB and return its folder.

    Args:
        folder: where it is saved.
        withholding: None for one without a safety checker, else whether it withholds everything or
            nothing.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        pipeline = StableDiffusionInstructPix2PixPipeline(
            vae=_autoencoder(scaling_factor=0.18),
            text_encoder=CLIPTextModel(_clip_config()).eval(),
            tokenizer=_clip_tokenizer(),
            unet=_unet(cross_attention_dim=WIDTH),
            scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012),
            safety_checker=None if withholding is None else _safety_checker(withholding),
            feature_extractor=None if withholding is None else _image_processor(),
            requires_safety_checker=withholding is not None,
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def build_instruct_pix2pix_xl(folder: Path) -> Path:
    """Save a checkpoint of the XL form, whose pipeline has no step callback."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        pipeline = StableDiffusionXLInstructPix2PixPipeline(
            vae=_autoencoder(scaling_factor=0.13),
            text_encoder=CLIPTextModel(_clip_config()).eval(),
            text_encoder_2=CLIPTextModelWithProjection(_clip_config()).eval(),
            tokenizer=_clip_tokenizer(),
            tokenizer_2=_clip_tokenizer(),
            unet=_unet(
                cross_attention_dim=2 * WIDTH,
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=WIDTH + 6 * 8,
            ),
            scheduler=DDIMScheduler(beta_start=0.00085, beta_end=0.012),
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def _unet(**settings: Any) -> UNet2DConditionModel:
    # Twice the latents' channels: noise and source.
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=8,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        norm_num_groups=4,
        **settings,
    )


def _image_processor() -> CLIPImageProcessor:
    return CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})


def _safety_checker(withholding: bool) -> StableDiffusionSafetyChecker:
    vision = {
        "hidden_size": WIDTH,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 16,
    }
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=WIDTH))
    # Thresholds for cosines, which are between -1 and 1.
    for weights in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
        weights.data.fill_(-2.0 if withholding else 2.0)
    return checker.eval()


def _autoencoder(**settings: float) -> AutoencoderKL:
    # Three halvings, as in the real ones: a picture of 96 x 64 pixels is 12 x 8 latents.
    return AutoencoderKL(
        block_out_channels=(4, 4, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        **settings,
    )


def _clip_tokenizer() -> CLIPTokenizer:
    """One token per byte, with and without the end of a word behind it."""
    symbols = sorted(ByteLevel.alphabet())
    names = [*symbols, *(f"{symbol}</w>" for symbol in symbols)]
    names += ["<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(
        vocab={name: number for number, name in enumerate(names)}, merges=[], model_max_length=77
    )


def _clip_config() -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=514,
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        projection_dim=WIDTH,
        bos_token_id=512,
        eos_token_id=513,
        pad_token_id=513,
    )


def _t5_tokenizer() -> T5Tokenizer:
    """One token per letter."""
    letters = "▁abcdefghijklmnopqrstuvwxyz0123456789.,"
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    vocabulary += [(letter, -1.0) for letter in letters]
    return T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)
