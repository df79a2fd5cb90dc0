"""Configuration of the edit model `miniature-qwen-edit`."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.qwen_edit import QwenEditOptions


class MiniatureQwenEditConfig(QwenEditOptions):
    """Configuration of the edit model `miniature-qwen-edit`: small, fast, without meaning."""

    type: Literal["miniature-qwen-edit"]
    """Registered name of the edit model."""

    model: Name = "qwen-image-edit"
    """`qwen-image-edit` or `qwen-image-edit-plus`: a miniature checkpoint with random weights,
    built if it does not exist; or the folder of another checkpoint."""

    steps: PositiveInt = 8
    """Denoising steps."""

    pixels: Annotated[int, Field(ge=1024, le=1024 * 1024)] = 256 * 256
    """Pixels that source and edited image are brought to, instead of about a megapixel."""
