"""Checks the files of a diffusers pipeline before anything is loaded."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Any

from editgauge.model_files import ModelFilesError, check_weights, file_fingerprint, local_folder

INDEX = "model_index.json"
"""Names the classes of a pipeline and its parts."""

LIBRARIES = ("diffusers", "transformers")
"""Where the parts of a pipeline may come from."""


def check_parts(
    model: str,
    index: Mapping[str, Any],
    *,
    networks: Iterable[str],
    libraries: Container[str] = LIBRARIES,
) -> None:
    """Check that the parts of a pipeline are of known libraries, and there.

    Args:
        model: a folder or the id of a model on the hub.
        index: the content of its `model_index.json`.
        networks: the parts that have weights; each must be in a folder of its own.
        libraries: where parts may come from.

    Raises:
        ModelFilesError: a part asks for code from elsewhere; for a folder also if weights are
            missing or pickled.
    """
    for name, source in index.items():
        if name.startswith("_") or not isinstance(source, list) or source[0] is None:
            continue
        if source[0] not in libraries:
            raise ModelFilesError(
                f"the part {name!r} of {model!r} asks for code from {source[0]!r}; only classes of "
                f"{' and '.join(LIBRARIES)} are loaded"
            )
    if (folder := local_folder(model)) is not None:
        for name in networks:
            if not (folder / name).is_dir():
                raise ModelFilesError(f"there is no folder {name!r} in {model!r}")
            check_weights(folder / name)


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
