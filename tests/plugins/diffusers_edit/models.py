"""Loads a tiny InstructPix2Pix in this process, with one CPU thread."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge.config_schemas.diffusers_edit import DiffusersEditConfig
from editgauge.core.models import Config, make_config

if TYPE_CHECKING:
    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

PIPELINE = "StableDiffusionInstructPix2PixPipeline"


def diffusers_config(folder: Path | str = "a/b", **options: Any) -> Config:
    """The configuration as a worker gets it."""
    given: dict[str, Any] = {"pipeline": PIPELINE, "model": str(folder), "steps": 3} | options
    config = DiffusersEditConfig.model_validate({"type": "diffusers", **given})
    plain: Config = make_config(config.model_dump(mode="json"))
    return plain


def load_diffusers(folder: Path, **options: Any) -> "DiffusersEdit":
    import torch

    from editgauge.plugins.diffusers_edit.model import DiffusersEdit

    torch.set_num_threads(1)
    model = DiffusersEdit()
    model.load(diffusers_config(folder, **options), "cpu")
    return model
