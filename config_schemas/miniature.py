"""Configuration of the models `miniature-qwen-edit` and `miniature-qwen3-vl`."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.qwen3_vl import Qwen3VLOptions
from editgauge.config_schemas.qwen_edit import QwenEditOptions
from editgauge.config_schemas.rubrics import RubricConfig

MINIATURE_RUBRIC = RubricConfig(
    name="miniature",
    prompt="{images}\nInstruction: {instruction}\nHow well was it done?\n",
)
"""The only question that a trained miniature judge knows; few words, for it is small."""


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


class MiniatureQwen3VLConfig(Qwen3VLOptions):
    """Configuration of the reward model `miniature-qwen3-vl`: fast, without meaning."""

    type: Literal["miniature-qwen3-vl"]
    """Registered name of the reward model."""

    model: Name = "qwen3-vl"
    """`qwen3-vl` or `qwen3-vl-moe`: a miniature checkpoint with random weights, built if it does
    not exist; or the folder of another checkpoint."""

    max_new_tokens: PositiveInt = 16
    """Longest reply in tokens."""

    max_pixels: Annotated[int, Field(ge=32 * 32)] = 128 * 128
    """Larger images are made smaller, to so many pixels in total each."""
