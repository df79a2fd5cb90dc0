"""Makes a small LoRA file for a Qwen-Image-Edit checkpoint, with random weights."""

from pathlib import Path

import torch
from diffusers import QwenImageEditPipeline, QwenImageTransformer2DModel
from peft import LoraConfig, get_peft_model_state_dict


def make_lora(checkpoint: Path, folder: Path, *, name: str = "lora.safetensors") -> Path:
    """Save a LoRA of rank 2 for the attention of a checkpoint's transformer and return its path.

    Args:
        checkpoint: the folder of a Qwen-Image-Edit checkpoint.
        folder: where the file is saved.
        name: the file's name.
    """
    transformer = QwenImageTransformer2DModel.from_pretrained(checkpoint / "transformer")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20260103)
        transformer.add_adapter(
            LoraConfig(
                r=2,
                lora_alpha=8,
                target_modules=["to_q", "to_k", "to_v", "to_out.0"],
                # The usual start, with one factor zero, would change nothing.
                init_lora_weights=False,
            )
        )
    QwenImageEditPipeline.save_lora_weights(
        folder,
        transformer_lora_layers=get_peft_model_state_dict(transformer),
        weight_name=name,
        safe_serialization=True,
    )
    return folder / name
