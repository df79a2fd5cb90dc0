"""What a run was asked to do, as flat names and values: parameters of an experiment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import RunStarted
from editgauge.core.run.store import RunDirectoryError, read_manifest
from editgauge.core.text import clean_start
from editgauge.reporters.trackers.series import name_of

Value = str | int | float | bool

_MOST = 200
"""Settings that are passed on; a config may have hundreds of rubrics and ids."""
_LENGTH = 500


def settings_of(event: RunStarted, folder: Path) -> dict[str, Value]:
    """Return the settings that results depend on, by dotted name, with models and versions first.

    Args:
        event: the start of the run.
        folder: the run directory; without its record, only what the event says is known.
    """
    found: dict[str, Value] = {
        "edit_model": _text(event.edit_model),
        "reward_model": _text(event.reward_model),
        "seed": event.seed,
    }
    for version in event.versions:
        found[f"version.{name_of(version.package)}"] = _text(version.version)
    try:
        settings = read_manifest(folder).get("settings")
    except RunDirectoryError:
        settings = None
    for name, value in _flat(settings, ""):
        if len(found) >= _MOST:
            break
        found.setdefault(name, value)
    return found


def _flat(data: Any, prefix: str) -> Iterator[tuple[str, Value]]:
    if isinstance(data, dict):
        for key, value in data.items():
            name = name_of(str(key))
            yield from _flat(value, f"{prefix}.{name}" if prefix else name)
    elif isinstance(data, bool | int | float):
        yield prefix, data
    elif isinstance(data, str):
        yield prefix, _text(data)
    elif isinstance(data, list):
        yield prefix, _text(json.dumps(data, ensure_ascii=False))


def _text(text: str) -> str:
    return clean_start(text, _LENGTH)
