"""Checks that a checkpoint has the parts that a pipeline class needs."""

import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from editgauge.model_files import ModelFilesError, find_json, local_folder
from editgauge.plugins.diffusers_pipelines.files import INDEX, LIBRARIES, check_parts
from editgauge.plugins.diffusers_pipelines.safe_diffusers import diffusers, torch, transformers


def check_checkpoint_of(pipeline: Any, model: str, *, revision: str | None) -> Path:
    """Return the place of a checkpoint's `model_index.json`, after a look at what it asks for.

    It may have been made for another class, if all parts are there: several classes share theirs.

    Args:
        pipeline: the class that is to load it.
        model: a folder or the id of a model on the hub.
        revision: branch, tag or commit on the hub.

    Raises:
        ModelFilesError: it is missing, lacks a part, or asks for code of its own; for a folder
            also if weights are missing or pickled.
    """
    path, index = find_json(model, INDEX, revision=revision)
    made_for = index.get("_class_name")
    if not isinstance(made_for, str):
        raise ModelFilesError(f"{model!r} asks for a pipeline of its own, {made_for!r}")
    if missing := sorted(_needed_parts(pipeline) - index.keys()):
        raise ModelFilesError(
            f"{model!r} has no part {missing[0]!r}, which {pipeline.__name__} needs; it was made "
            f"for {made_for}"
        )
    # Parts of old pipelines, such as safety checkers, are at home in the pipelines' own modules.
    of_pipelines = {module.name for module in pkgutil.iter_modules(diffusers.pipelines.__path__)}
    folder = local_folder(model)
    networks = [] if folder is None else list(_networks(index))
    check_parts(model, index, networks=networks, libraries={*LIBRARIES, *of_pipelines})
    return path


def _needed_parts(pipeline: Any) -> set[str]:
    return {
        name
        for name, argument in inspect.signature(pipeline.__init__).parameters.items()
        if name != "self"
        and argument.default is argument.empty
        and argument.kind not in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD)
        and name not in pipeline._optional_components  # noqa: SLF001 - as every pipeline declares it
    }


def _networks(index: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of a checkpoint that have weights."""
    for name, source in index.items():
        if name.startswith("_") or not isinstance(source, list) or source[0] is None:
            continue
        library, class_name = source
        home = {"diffusers": diffusers, "transformers": transformers}.get(library)
        if home is None:
            home = getattr(diffusers.pipelines, library, None)
        found = getattr(home, str(class_name), None)
        if isinstance(found, type) and issubclass(found, torch.nn.Module):
            yield name
