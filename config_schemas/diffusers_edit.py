"""Configuration of the edit model `diffusers`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from editgauge.config_schemas.base import ConfigModel, Name, PositiveInt
from editgauge.config_schemas.diffusers_pipelines import PipelineOptions

PythonName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$", max_length=200)]
"""A name in Python, without a dot: never an import path."""


class ArgumentNames(ConfigModel):
    """Which argument of the pipeline takes what; without a name, the usual ones are looked for."""

    image: PythonName | None = None
    """The source image; usually `image`."""

    instruction: PythonName | None = None
    """The instruction; usually `prompt`."""

    steps: PythonName | None = None
    """The number of denoising steps; usually `num_inference_steps`."""

    seed: PythonName | None = None
    """The source of random numbers; usually `generator`. An argument with another name gets the
    seed as a number."""


class DiffusersEditConfig(PipelineOptions):
    """Configuration of the edit model `diffusers`."""

    type: Literal["diffusers"]
    """Registered name of the edit model."""

    pipeline: PythonName
    """Name of a pipeline class that diffusers exports, like
    `StableDiffusionInstructPix2PixPipeline`."""

    model: Name
    """Folder, or id on the hub, of a checkpoint with the parts of that pipeline."""

    steps: PositiveInt | None = None
    """Denoising steps; default: the pipeline's own."""

    arguments: dict[str, Any] = Field(default={})
    """What else the pipeline is called with, like `{image_guidance_scale: 1.5}`."""

    names: ArgumentNames = ArgumentNames()
    """Which argument of the pipeline takes what."""

    sources: Literal["one", "several"] = "one"
    """`one`: the pipeline takes one source image; `several`: it takes a list of them."""
