"""Configuration of the reward model `qwen3-vl`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.models import RewardModelConfig


class Qwen3VLOptions(RewardModelConfig):
    """What can be said of every Qwen3-VL judge, whatever its size."""

    model: Name
    """Folder, or id on the hub, of a Qwen3-VL checkpoint, dense or mixture of experts."""

    revision: Name | None = None
    """Branch, tag or commit on the hub; a commit makes a run repeatable."""

    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """`auto`: bfloat16 on a GPU, float32 on the CPU."""

    batch_size: PositiveInt = 4
    """Samples judged at once."""

    max_new_tokens: PositiveInt = 512
    """Longest reply in tokens."""

    max_pixels: Annotated[int, Field(ge=32 * 32)] = 1024 * 1024
    """Larger images are made smaller, to so many pixels in total each; 1,024 pixels are a token."""

    attn_implementation: (
        Literal["eager", "sdpa", "flex_attention", "flash_attention_2", "flash_attention_3"] | None
    ) = None
    """How attention is computed; default: the libraries' choice."""

    also_reply: bool = False
    """With `score_by: logprobs`: also generate a reply of up to `max_new_tokens`, to be shown; the
    score is never read from it. Without it, the most likely answer label is shown."""

    @model_validator(mode="after")
    def _check_reply(self) -> Self:
        if self.also_reply and self.score_by != "logprobs":
            raise ValueError(
                "'also_reply' belongs to 'score_by: logprobs'; with 'score_by: text' there is "
                "always a reply"
            )
        return self


class Qwen3VLConfig(Qwen3VLOptions):
    """Configuration of the reward model `qwen3-vl`."""

    type: Literal["qwen3-vl"]
    """Registered name of the reward model."""
