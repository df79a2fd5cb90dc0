"""Configuration of the edit model `qwen-image-edit`."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.diffusers_pipelines import GuidedPipelineOptions


class QwenEditOptions(GuidedPipelineOptions):
    """What every edit model made of a Qwen-Image-Edit pipeline can be told."""

    steps: PositiveInt = 40
    """Denoising steps."""

    guidance_scale: Annotated[float, Field(ge=0)] | None = None
    """For guidance-distilled checkpoints only; the others ignore it, with a line in the log."""


class QwenEditConfig(QwenEditOptions):
    """Configuration of the edit model `qwen-image-edit`."""

    type: Literal["qwen-image-edit"]
    """Registered name of the edit model."""

    model: Name
    """Folder, or id on the hub, of a Qwen-Image-Edit, -2509 or -2511 checkpoint."""
