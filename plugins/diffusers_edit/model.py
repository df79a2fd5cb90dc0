"""The edit model `diffusers`: any instruction-editing pipeline that diffusers exports."""

from pathlib import Path
from typing import Any

from PIL.Image import Image

from editgauge import Config, EditRequest, OnStep
from editgauge.plugins.diffusers_edit.calls import (
    OUTPUT_TYPE,
    STEP_CALLBACK,
    Call,
    PipelineError,
    find_call,
    find_pipeline_class,
)
from editgauge.plugins.diffusers_edit.parts import check_checkpoint_of
from editgauge.plugins.diffusers_pipelines.pipeline_model import PipelineEditModel, check_finite
from editgauge.plugins.diffusers_pipelines.safe_diffusers import torch


class DiffusersEdit(PipelineEditModel):
    """A pipeline whose class and arguments the configuration names; see `PipelineEditModel`."""

    _call: Call

    @classmethod
    def check_checkpoint(cls, config: Config) -> Path:
        """Check that the checkpoint has what the pipeline class needs.

        Raises:
            ModelFilesError: see `check_checkpoint_of`.
            PipelineError: see `find_pipeline_class`.
        """
        pipeline = find_pipeline_class(config.pipeline)
        return check_checkpoint_of(pipeline, cls.locate(config), revision=config.revision)

    @classmethod
    def check(cls, config: Config) -> None:
        """Check the class, the arguments that it is called with, and the files.

        Raises:
            PipelineError: see `find_pipeline_class` and `find_call`; or LoRA files are given for
                a pipeline that takes none.
            ModelFilesError: see `check_checkpoint_of` and `check_lora_files`.
        """
        pipeline = find_pipeline_class(config.pipeline)
        find_call(pipeline, config)
        if config.lora and not hasattr(pipeline, "load_lora_weights"):
            raise PipelineError(f"{pipeline.__name__} takes no LoRA files; leave out 'lora'")
        super().check(config)

    def load(self, config: Config, device: str) -> None:
        """Load the pipeline; see `PipelineEditModel.load`."""
        self._call = find_call(find_pipeline_class(config.pipeline), config)
        super().load(config, device)

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded and how it is called."""
        call = self._call
        return super().describe() | {
            "image_argument": call.image,
            "instruction_argument": call.instruction,
            "seed_argument": call.seed,
            "announces_steps": call.reports_steps and self._config.step_events,
        }

    @classmethod
    def _pipeline_class(cls, config: Config) -> Any:
        return find_pipeline_class(config.pipeline)

    def _call_arguments(self, request: EditRequest, on_step: OnStep) -> dict[str, Any]:
        config, call = self._config, self._call
        arguments: dict[str, Any] = {
            **config.arguments.to_dict(),
            call.image: list(request.images)
            if config.sources == "several"
            else self._only_source(request, "set 'sources: several' if it takes a list"),
            call.instruction: self._instruction(request),
            call.seed: self._generator(request) if "generator" in call.seed else request.seed,
        }
        if call.steps is not None and config.steps is not None:
            arguments[call.steps] = config.steps
        if call.reports_steps:
            arguments[STEP_CALLBACK] = self._callback(on_step)
        if call.chooses_output:
            # Numbers, which can be searched for NaN; every pipeline knows this kind.
            arguments[OUTPUT_TYPE] = "np"
        return arguments

    def _to_image(self, output: Any) -> Image:
        """Return the first of the pipeline's `images`.

        Raises:
            TypeError: it returned none.
            ValueError: its safety checker took the picture away.
            FloatingPointError: its numbers are not finite.
        """
        name = type(self._pipeline).__name__
        if any(getattr(output, "nsfw_content_detected", None) or ()):
            # What it gives instead is a black picture, and that is no edit.
            raise ValueError(f"the safety checker of {name} withheld the picture")
        images = getattr(output, "images", None)
        if images is None or len(images) == 0:
            raise TypeError(f"{name} returned {type(output).__name__} without 'images'")
        image = images[0]
        if isinstance(image, Image):
            return image
        check_finite(torch.as_tensor(image))
        finished: Image = self._pipeline.numpy_to_pil(image)[0]
        return finished
