"""Checks the files of a Qwen-Image-Edit checkpoint before anything is loaded."""

from pathlib import Path

from editgauge.plugins.model_files import (
    ModelFilesError,
    check_weights,
    file_fingerprint,
    find_json,
    local_folder,
)

PIPELINES = ("QwenImageEditPipeline", "QwenImageEditPlusPipeline")

_LIBRARIES = ("diffusers", "transformers")
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
    path, index = find_json(model, "model_index.json", revision=revision)
    pipeline = index.get("_class_name")
    if pipeline not in PIPELINES:
        raise ModelFilesError(
            f"{model!r} is a {pipeline!r}; `qwen-image-edit` runs {' and '.join(PIPELINES)} "
            "(Qwen-Image-Edit, -2509, -2511)"
        )
    for name, source in index.items():
        if name.startswith("_") or not isinstance(source, list):
            continue
        if source[0] not in _LIBRARIES:
            raise ModelFilesError(
                f"the part {name!r} of {model!r} asks for code from {source[0]!r}; only classes of "
                f"{' and '.join(_LIBRARIES)} are loaded"
            )
    if (folder := local_folder(model)) is not None:
        for name in _NETWORKS:
            if not (folder / name).is_dir():
                raise ModelFilesError(f"there is no folder {name!r} in {model!r}")
            check_weights(folder / name)
    return path


def check_lora_files(path: str, weight_name: str | None) -> None:
    """Check that a LoRA is a safetensors file, or a folder or repository that may hold one.

    Raises:
        ModelFilesError: it is not there, or pickled.
    """
    place = Path(path).expanduser()
    if place.is_file():
        if place.suffix != ".safetensors":
            raise ModelFilesError(f"a LoRA should be a .safetensors file, not {path!r}")
        if weight_name is not None:
            raise ModelFilesError(
                f"the LoRA {path!r} is a file; leave out 'weight_name' or give the folder"
            )
    elif (folder := local_folder(path)) is not None:
        if weight_name is None:
            check_weights(folder)
        elif not (folder / weight_name).is_file():
            raise ModelFilesError(f"there is no {weight_name!r} in the folder {path!r}")


def lora_fingerprint(path: str, weight_name: str | None) -> str:
    """Return what tells a LoRA's file from others under the same name.

    For one on the hub that is only its name: give a commit as `revision` to be sure.

    Raises:
        OSError: a file cannot be read.
    """
    place = Path(path).expanduser()
    if place.is_dir():
        names = (
            [weight_name] if weight_name else sorted(p.name for p in place.glob("*.safetensors"))
        )
        digests = [file_fingerprint(place / name) for name in names]
        return f"lora {' '.join(digests)}"
    return f"lora {file_fingerprint(place) if place.is_file() else path}"
