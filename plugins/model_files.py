"""Finds a model's files, in a folder or on the Hugging Face hub, without loading them.

Standard library only until a hub is asked; for workers of any Python environment.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_LOADED_SUFFIXES = (".safetensors", ".json", ".jinja", ".txt", ".model")
_SAMPLED_ABOVE = 2**20
_BLOCKS, _BLOCK_BYTES = 64, 16 * 1024
_FINGERPRINT_LENGTH = 32


class ModelFilesError(Exception):
    """A model's files are missing, incomplete or of a kind that is not loaded."""


def local_folder(model: str) -> Path | None:
    """Return the folder that `model` names, or None if it is the id of a model on the hub.

    A folder that exists comes before a hub id of the same spelling.

    Raises:
        ModelFilesError: it looks like a path, but no folder is there.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        raise ModelFilesError(f"the model should be a folder, but {model!r} is a file")
    if model.startswith(("/", "./", "../", "~")) or model.count("/") != 1:
        raise ModelFilesError(
            f"there is no folder {model!r}; a model is a folder or the id of a model on the "
            "Hugging Face hub, in the form 'owner/name'"
        )
    return None


def find_json(model: str, name: str, *, revision: str | None = None) -> tuple[Path, dict[str, Any]]:
    """Return the place and the content of a JSON file of a model.

    Args:
        model: a folder, or the id of a model on the hub, whose file is downloaded if it is not in
            the local cache.
        name: the file's name.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelFilesError: it is not there, cannot be reached, or holds no JSON object.
    """
    folder = local_folder(model)
    if folder is None:
        path = _download(model, name, revision)
    else:
        path = folder / name
        if not path.is_file():
            raise ModelFilesError(f"there is no {name} in {model!r}; is it the model's top folder?")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelFilesError(f"{name} of {model!r} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ModelFilesError(f"{name} of {model!r} should hold a JSON object")
    return path, content


def check_weights(folder: Path) -> None:
    """Check that the weights of one network are in a local folder, complete and safe.

    Raises:
        ModelFilesError: there are none, or only pickled ones, or shards are missing.
    """
    for index in folder.glob("*.safetensors.index.json"):
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelFilesError(f"{index} is no index of weights: {error!r}") from error
        if missing := sorted(name for name in shards if not (folder / str(name)).is_file()):
            raise ModelFilesError(
                f"{len(missing)} of {len(shards)} weight files are missing in {folder}, the first "
                f"is {missing[0]}; the download or copy is incomplete"
            )
    if any(folder.glob("*.safetensors")):
        return
    unsafe = sorted(
        path.name for suffix in ("bin", "pt", "pth", "ckpt") for path in folder.glob(f"*.{suffix}")
    )
    if unsafe:
        raise ModelFilesError(
            f"the weights in {folder} are pickled ({unsafe[0]}), and unpickling runs code; only "
            "safetensors are loaded. Convert them, or take a revision that has them"
        )
    raise ModelFilesError(f"there are no weights (*.safetensors) in {folder}")


def model_fingerprint(model: str, path: Path) -> str:
    """Return what tells a model's files from others under the same name.

    On the hub that is the commit. For a folder it is a digest of the name, size and content of
    each file that a model is loaded from. Of a file above a megabyte, 64 blocks of 16 KiB stand
    for the whole, spread evenly: a step of training changes nearly every weight.

    Args:
        model: a folder, or the id of a model on the hub.
        path: a file of it, as `find_json` found it.

    Raises:
        OSError: a file cannot be read.
    """
    if local_folder(model) is None:
        return f"commit {snapshot_commit(path) or 'unknown'}"
    return f"files {_digest_of_folder(path.parent)}"


def file_fingerprint(path: Path) -> str:
    """Return what tells a file's content from others, as `model_fingerprint` does.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    _add_content(digest, path)
    return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def _digest_of_folder(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_files_below(folder)):
        # Others, such as a README or notes of a training, change nothing that is loaded.
        if path.suffix in _LOADED_SUFFIXES and path.is_file():
            digest.update(os.fsencode(f"{path.relative_to(folder).as_posix()}\n"))
            _add_content(digest, path)
    return digest.hexdigest()[:_FINGERPRINT_LENGTH]


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in linked folders too: checkpoints often share their parts.

    A link to a folder that is being walked is left out, for it has no end.
    """
    walked = {folder: {folder.resolve()}}
    for root, names, files in os.walk(folder, followlinks=True):
        above = walked.pop(Path(root))
        for name in list(names):
            place = Path(root, name)
            if place.resolve() in above:
                names.remove(name)
            else:
                walked[place] = above | {place.resolve()}
        yield from (Path(root, name) for name in files)


def _add_content(digest: "hashlib._Hash", path: Path) -> None:
    size = path.stat().st_size
    digest.update(f"{size}\n".encode())
    with path.open("rb") as file:
        if size <= _SAMPLED_ABOVE:
            digest.update(file.read())
            return
        for block in range(_BLOCKS):
            file.seek(block * (size - _BLOCK_BYTES) // (_BLOCKS - 1))
            digest.update(file.read(_BLOCK_BYTES))


def snapshot_commit(path: Path) -> str | None:
    """Return the commit of a file in the hub's local cache, or None for any other file."""
    parts = path.parts
    return parts[-2] if len(parts) > 2 and parts[-3] == "snapshots" else None


def defuse(text: str, tokens: Iterable[str]) -> str:
    """Return text in which no control token of a tokenizer is left.

    Instructions and descriptions come from outside; `<|im_end|>` in one would end the user's turn.
    A space behind its first character makes a token plain text.

    Args:
        text: the text.
        tokens: the tokenizer's added tokens.
    """
    for token in sorted(tokens, key=len, reverse=True):
        if len(token) > 1 and token in text:
            text = text.replace(token, f"{token[0]} {token[1:]}")
    return text


def _download(model: str, name: str, revision: str | None) -> Path:
    from huggingface_hub import errors, hf_hub_download

    where = f"{model!r} on the hub" if revision is None else f"{model!r} ({revision}) on the hub"
    # From the narrow to the wide: some of these errors inherit from others.
    advice = {
        errors.GatedRepoError: f"access to {where} must be asked for on its page, and then needs "
        "a login (`hf auth login` or HF_TOKEN)",
        errors.RepositoryNotFoundError: f"there is neither a folder {model!r} nor a model {where}, "
        "or it is private and needs a login (`hf auth login` or HF_TOKEN)",
        errors.RevisionNotFoundError: f"there is no such revision of {where}",
        errors.LocalEntryNotFoundError: f"{name} of {where} is not in the local cache, the hub "
        f"cannot be reached (offline mode or no connection), and there is no folder "
        f"{str(Path(model).absolute())!r}. Download the model first (`hf download`), or give a "
        "folder",
        errors.EntryNotFoundError: f"there is no {name} in {where}; is it another kind of model?",
        errors.HFValidationError: f"{model!r} is neither a folder nor an id on the hub",
    }
    try:
        return Path(hf_hub_download(model, name, revision=revision))
    except (*advice, errors.HfHubHTTPError, OSError) as error:
        for kind, message in advice.items():
            if isinstance(error, kind):
                raise ModelFilesError(message) from error
        raise ModelFilesError(f"{name} of {where} cannot be fetched: {error}") from error
