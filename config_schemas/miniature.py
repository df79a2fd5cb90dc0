"""Configuration of the models `miniature-qwen-edit` and `miniature-qwen3-vl`."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.diffusers_pipelines import OutputSide
from editgauge.config_schemas.qwen3_vl import Qwen3VLOptions
from editgauge.config_schemas.qwen_edit import QwenEditOptions
from editgauge.config_schemas.rubrics import RubricConfig

MINIATURE_RUBRIC = RubricConfig(
    name="miniature",
    prompt="{images}\nInstruction: {instruction}\nHow well was it done?\n",
)
"""The only question that the trained miniature judge knows; few words, for it is small."""


class MiniatureQwenEditConfig(QwenEditOptions):
    """Configuration of the edit model `miniature-qwen-edit`: small and fast, for trials."""

    type: Literal["miniature-qwen-edit"]
    """Registered name of the edit model."""

    model: Name = "qwen-image-edit"
    """`qwen-image-edit`: tiny trained weights, which are shipped; `qwen-image-edit-plus`: tiny
    random ones, built if they do not exist; or the folder of another checkpoint."""

    steps: PositiveInt = 10
    """Denoising steps."""

    true_cfg_scale: Annotated[float, Field(ge=0)] = 1.5
    """Strength of classifier-free guidance, which is on above 1 and doubles the cost."""

    height: OutputSide | None = None
    """Height of the edited image in pixels; default: by `pixels`, with the source's proportions. To
    be given with `width`."""

    pixels: Annotated[int, Field(ge=1024, le=1024 * 1024)] = 108 * 108
    """Pixels that source and edited image are brought to, instead of about a megapixel; edges come
    out as multiples of 32."""


class MiniatureQwen3VLConfig(Qwen3VLOptions):
    """Configuration of the reward model `miniature-qwen3-vl`: small and fast, for trials."""

    type: Literal["miniature-qwen3-vl"]
    """Registered name of the reward model."""

    model: Name = "qwen3-vl"
    """`qwen3-vl`: tiny trained weights, which are shipped; `qwen3-vl-moe`: tiny random ones, built
    if they do not exist; or the folder of another checkpoint."""

    max_new_tokens: PositiveInt = 48
    """Longest reply in tokens."""

    pixels: Annotated[int, Field(ge=32 * 32, le=1024 * 1024)] = 108 * 108
    """Pixels that each image is brought to; edges come out as multiples of 32, as the edit model
    makes them."""

    max_pixels: Annotated[int, Field(ge=32 * 32)] = 128 * 128
    """Larger images are made smaller still, to so many pixels in total each."""

    rubric: Name | RubricConfig = MINIATURE_RUBRIC
    """What is judged, as for every judge; by default the one question that the trained weights
    know, how well the instruction was followed."""
