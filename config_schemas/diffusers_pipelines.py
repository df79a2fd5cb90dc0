"""What can be told to every edit model that runs a diffusers pipeline."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from editgauge.config_schemas.base import SAME_RESULTS, ConfigModel, Name
from editgauge.config_schemas.models import EditModelConfig

OutputSide = Annotated[int, Field(ge=32, le=8192, multiple_of=16)]


class LoraConfig(ConfigModel):
    """A LoRA file for the transformer."""

    path: Name
    """A `.safetensors` file, a folder, or the id of a repository on the hub."""

    weight_name: Annotated[str, Field(pattern=r"\.safetensors$")] | None = None
    """File name, in a folder or repository that holds several."""

    revision: Name | None = None
    """Branch, tag or commit on the hub."""

    scale: float = 1.0
    """Strength; 1 is as trained."""


class ApplyConfig(ConfigModel):
    """A method of the loaded pipeline or of one of its parts, called once after loading."""

    method: Annotated[str, Field(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)*$")]
    """Dotted name, like `transformer.enable_cache` or `vae.enable_tiling`."""

    arguments: dict[str, Any] = Field(default={})
    """Keyword arguments. `{type: FirstBlockCacheConfig, threshold: 0.1}` stands for an object of
    that diffusers class, whose name must end in `Config`."""


class PipelineOptions(EditModelConfig):
    """What can be told to every edit model that runs a diffusers pipeline."""

    revision: Name | None = None
    """Branch, tag or commit on the hub; a commit makes a run repeatable."""

    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """`auto`: bfloat16 on a GPU, float32 on the CPU."""

    lora: list[LoraConfig] = Field(default=[])
    """LoRA files, all of them active."""

    offload: Annotated[Literal["none", "model", "sequential"], SAME_RESULTS] = "none"
    """`model`: only the part at work is on the GPU; `sequential`: only the layer at work. Saves GPU
    memory and costs time."""

    apply: list[ApplyConfig] = Field(default=[])
    """Methods called in this order after loading: caches, attention backends, compilation,
    tiling. Some change the pictures, so they are part of the run's record."""

    step_events: Annotated[bool, SAME_RESULTS] = True
    """Whether each denoising step is announced."""

    @model_validator(mode="after")
    def _check_offload(self) -> Self:
        devices = self.workers.devices
        if self.offload == "none" or devices == "auto":
            return self
        for entry in devices:
            group = [entry] if isinstance(entry, str) else entry
            if len(group) > 1 or not group[0].startswith("cuda:"):
                raise ValueError(
                    f"'offload: {self.offload}' moves parts between the CPU and one GPU, so each "
                    f"entry of 'workers.devices' should be one 'cuda:N', not {entry!r}"
                )
        return self


class GuidedPipelineOptions(PipelineOptions):
    """What pipelines take that have `true_cfg_scale` and a size of their own."""

    true_cfg_scale: Annotated[float, Field(ge=0)] = 4.0
    """Strength of classifier-free guidance, which is on above 1 and doubles the cost."""

    negative_prompt: str | None = " "
    """What guidance leads away from; null switches guidance off, whatever its strength."""

    height: OutputSide | None = None
    """Height of the edited image in pixels; default: about one megapixel with the source's
    proportions. To be given with `width`."""

    width: OutputSide | None = None
    """Width of the edited image in pixels."""

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if (self.height is None) != (self.width is None):
            raise ValueError("give 'height' and 'width' together, or neither")
        return self
