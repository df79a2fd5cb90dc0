"""Calls methods of a loaded pipeline as a configuration asks: the speed and memory levers."""

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

from editgauge import Config
from editgauge.plugins.diffusers_pipelines.safe_diffusers import diffusers


class LeverError(Exception):
    """An entry of `apply` names no method, or the method refused its arguments."""


def apply_levers(pipeline: Any, entries: Sequence[Config]) -> None:
    """Call each entry's method of the pipeline, in order.

    Args:
        pipeline: a diffusers pipeline.
        entries: configurations with `method` (dotted name) and `arguments` (keyword arguments).

    Raises:
        LeverError: a method does not exist, is private, or raised; says which entry.
    """
    for number, entry in enumerate(entries):
        where = f"apply[{number}] ({entry.method})"
        method = _find_method(pipeline, entry.method, where)
        arguments = {
            name: _build(value, where) for name, value in entry.arguments.to_dict().items()
        }
        try:
            method(**arguments)
        except Exception as error:
            raise LeverError(f"{where} failed: {type(error).__name__}: {error}") from error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` with the nearest known name, or an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def _find_method(pipeline: Any, dotted: str, where: str) -> Any:
    value = pipeline
    for name in dotted.split("."):
        if name.startswith("_") or not hasattr(value, name):
            known = [known for known in dir(value) if not known.startswith("_")]
            # A pipeline serves its parts through __getattr__, which dir() does not list.
            known += getattr(value, "components", {})
            raise LeverError(
                f"{where}: {type(value).__name__} has no public attribute {name!r}."
                f"{did_you_mean(name, known)}"
            )
        value = getattr(value, name)
    if not callable(value):
        raise LeverError(f"{where} should be a method, but it is a {type(value).__name__}")
    return value


def _build(value: Any, where: str) -> Any:
    """Return an argument, with a configuration object of diffusers in place of its description."""
    if isinstance(value, list):
        return [_build(item, where) for item in value]
    if not isinstance(value, dict):
        return value
    built = {name: _build(item, where) for name, item in value.items()}
    if "type" not in built:
        return built
    name = built.pop("type")
    known = [known for known in dir(diffusers) if known.endswith("Config")]
    if name not in known:
        raise LeverError(
            f"{where}: 'type' should name a configuration class of diffusers, like "
            f"'FirstBlockCacheConfig', not {name!r}.{did_you_mean(str(name), known)}"
        )
    try:
        return getattr(diffusers, name)(**built)
    except Exception as error:
        raise LeverError(f"{where}: {name} refused its arguments: {error}") from error
