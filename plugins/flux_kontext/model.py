"""The edit model `flux-kontext`: FLUX.1 Kontext pipelines of diffusers."""

from pathlib import Path
from typing import Any

from editgauge import Config, EditRequest, OnStep
from editgauge.model_files import ModelFilesError, find_json
from editgauge.plugins.diffusers_pipelines.files import INDEX, check_parts
from editgauge.plugins.diffusers_pipelines.guidance import (
    guidance_arguments,
    guidance_facts,
    is_distilled,
    warn_of_ignored_scale,
)
from editgauge.plugins.diffusers_pipelines.pipeline_model import PipelineEditModel

PIPELINE = "FluxKontextPipeline"

_NETWORKS = ("text_encoder", "text_encoder_2", "transformer", "vae")


class FluxKontext(PipelineEditModel):
    """One FLUX.1 Kontext pipeline; see `PipelineEditModel`."""

    @classmethod
    def check_checkpoint(cls, config: Config) -> Path:
        """Check that the checkpoint is a FLUX.1 Kontext, and its files.

        Raises:
            ModelFilesError: it is missing, or another kind of pipeline, or it asks for code of its
                own; for a folder also if weights are missing or pickled.
        """
        model = cls.locate(config)
        path, index = find_json(model, INDEX, revision=config.revision)
        pipeline = index.get("_class_name")
        if pipeline != PIPELINE:
            raise ModelFilesError(
                f"{model!r} is a {pipeline!r}; `flux-kontext` runs {PIPELINE} (FLUX.1 Kontext). "
                "`type: diffusers` runs other pipelines"
            )
        check_parts(model, index, networks=_NETWORKS)
        return path

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what was loaded and how it is guided."""
        facts = super().describe() | guidance_facts(self._config)
        if is_distilled(self._pipeline):
            facts["guidance_scale"] = self._config.guidance_scale
        return facts

    def _check_settings(self) -> None:
        super()._check_settings()
        if not is_distilled(self._pipeline):
            warn_of_ignored_scale()

    def _call_arguments(self, request: EditRequest, on_step: OnStep) -> dict[str, Any]:
        config = self._config
        source = self._only_source(request, "FLUX.1 Kontext takes no more")
        width, height = config.width, config.height
        if width is None:
            width, height = output_size(
                source.size, config.max_area, self._pipeline.vae_scale_factor * 2
            )
        return {
            "image": source,
            "prompt": self._instruction(request),
            "generator": self._generator(request),
            "callback_on_step_end": self._callback(on_step),
            "output_type": "pt",
            "num_inference_steps": config.steps,
            "guidance_scale": config.guidance_scale,
            "max_sequence_length": config.max_sequence_length,
            "width": width,
            "height": height,
            # The pipeline brings every size to this area, also one that was asked for.
            "max_area": width * height,
            "_auto_resize": config.preferred_resolutions,
            **guidance_arguments(config),
        }


def output_size(source: tuple[int, int], area: int, multiple: int) -> tuple[int, int]:
    """Return width and height of about `area` pixels in the source's proportions.

    Args:
        source: width and height of the source image.
        area: how many pixels; each side is rounded down.
        multiple: what each side is a multiple of, at least once.
    """
    proportion = source[0] / source[1]
    width, height = round((area * proportion) ** 0.5), round((area / proportion) ** 0.5)
    return max(1, width // multiple) * multiple, max(1, height // multiple) * multiple
