"""The edit model `qwen-image-edit`: Qwen-Image-Edit pipelines of diffusers."""

from pathlib import Path
from typing import Any

from editgauge import Config, EditRequest, OnStep
from editgauge.plugins.diffusers_pipelines.guidance import (
    guidance_arguments,
    guidance_facts,
    is_distilled,
    warn_of_ignored_scale,
)
from editgauge.plugins.diffusers_pipelines.pipeline_model import PipelineEditModel
from editgauge.plugins.qwen_edit.files import PIPELINES, check_pipeline_files


class QwenImageEdit(PipelineEditModel):
    """One Qwen-Image-Edit pipeline; see `PipelineEditModel`."""

    @classmethod
    def check_checkpoint(cls, config: Config) -> Path:
        """Check that the checkpoint is a Qwen-Image-Edit; see `check_pipeline_files`."""
        return check_pipeline_files(cls.locate(config), revision=config.revision)

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded and whether guidance is on."""
        return super().describe() | guidance_facts(self._config)

    def _check_settings(self) -> None:
        super()._check_settings()
        distilled = is_distilled(self._pipeline)
        if distilled and self._config.guidance_scale is None:
            raise ValueError("this checkpoint is guidance-distilled: set 'guidance_scale'")
        if not distilled and self._config.guidance_scale is not None:
            warn_of_ignored_scale()

    def _call_arguments(self, request: EditRequest, on_step: OnStep) -> dict[str, Any]:
        """Return the arguments; pipelines warn of those that they ignore."""
        config = self._config
        images: Any = list(request.images)
        if type(self._pipeline).__name__ != PIPELINES[1]:
            images = self._only_source(request, "Qwen-Image-Edit-2509 and -2511 take several")
        arguments: dict[str, Any] = {
            "image": images,
            "prompt": self._instruction(request),
            "generator": self._generator(request),
            "callback_on_step_end": self._callback(on_step),
            "output_type": "pt",
            "num_inference_steps": config.steps,
            **guidance_arguments(config),
        }
        if is_distilled(self._pipeline):
            arguments["guidance_scale"] = config.guidance_scale
        if config.height is not None:
            arguments |= {"height": config.height, "width": config.width}
        return arguments
