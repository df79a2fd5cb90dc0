"""Configuration of the edit model `flux-kontext`."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import Name, PositiveInt
from editgauge.config_schemas.diffusers_pipelines import GuidedPipelineOptions, OutputSide


class FluxKontextConfig(GuidedPipelineOptions):
    """Configuration of the edit model `flux-kontext`."""

    type: Literal["flux-kontext"]
    """Registered name of the edit model."""

    model: Name
    """Folder, or id on the hub, of a FLUX.1 Kontext checkpoint."""

    steps: PositiveInt = 28
    """Denoising steps."""

    guidance_scale: Annotated[float, Field(ge=0)] = 2.5
    """Guidance that the checkpoint was distilled with; costs nothing. Others ignore it, with a line
    in the log."""

    true_cfg_scale: Annotated[float, Field(ge=0)] = 1.0
    """Strength of classifier-free guidance, which is on above 1 and doubles the cost."""

    height: OutputSide | None = None
    """Height of the edited image in pixels; default: `max_area` with the source's proportions. To
    be given with `width`."""

    max_area: Annotated[int, Field(ge=32 * 32, le=8192 * 8192)] = 1024 * 1024
    """About how many pixels the edited image has, without `height` and `width`."""

    preferred_resolutions: bool = True
    """Whether the source is brought to the nearest of the 17 shapes of about a megapixel that the
    model was trained with; else it keeps its size, rounded down to a multiple of 16."""

    max_sequence_length: Annotated[int, Field(ge=1, le=512)] = 512
    """Longest instruction in tokens; what is beyond is cut off, with a line in the log."""
