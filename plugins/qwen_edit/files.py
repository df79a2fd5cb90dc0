"""Checks the files of a Qwen-Image-Edit checkpoint before anything is loaded."""

from pathlib import Path

from editgauge.model_files import ModelFilesError, find_json
from editgauge.plugins.diffusers_pipelines.files import INDEX, check_parts

PIPELINES = ("QwenImageEditPipeline", "QwenImageEditPlusPipeline")

_NETWORKS = ("text_encoder", "transformer", "vae")


def check_pipeline_files(model: str, *, revision: str | None) -> Path:
    """Return the place of a checkpoint's `model_index.json`, after a look at what it asks for.

    Args:
        model: a folder or the id of a model on the hub.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelFilesError: it is missing, or another kind of pipeline, or it asks for code of its
            own; for a folder also if weights are missing or pickled.
    """
    path, index = find_json(model, INDEX, revision=revision)
    pipeline = index.get("_class_name")
    if pipeline not in PIPELINES:
        raise ModelFilesError(
            f"{model!r} is a {pipeline!r}; `qwen-image-edit` runs {' and '.join(PIPELINES)} "
            "(Qwen-Image-Edit, -2509, -2511)"
        )
    check_parts(model, index, networks=_NETWORKS)
    return path
