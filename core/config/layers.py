"""The layers of a configuration: file, profile, environment, command line; later ones win."""

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editgauge.core.config.merging import Layer, Merged, Origin
from editgauge.core.config.problems import ConfigError, Problem, dotted, shown
from editgauge.core.text import did_you_mean
from editgauge.core.yaml_loading import MAX_DEPTH, YamlError, load_yaml

PROFILE_VARIABLE = "EDITGAUGE_PROFILE"
PROGRESS_VARIABLE = "EDITGAUGE_PROGRESS"
KEY_PREFIX = "EDITGAUGE__"
"""`EDITGAUGE__EDIT__STEPS=8` sets `edit.steps`."""

_POSITION = re.compile(r"0|[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Override:
    """A value for one key, from the environment or the command line.

    Attributes:
        path: dotted path of the key; a number is a position in a list.
        value: plain JSON data.
        origin: what set it, for messages; never the value itself, which may be secret.
        layer: which of the two it is from.
    """

    path: str
    value: Any
    origin: str
    layer: Layer = "command line"

    @classmethod
    def parse(cls, text: str) -> "Override":
        """Read `KEY=VALUE` as given to `-o`; the value is YAML, an empty one is null.

        Raises:
            ConfigError: it has no key, or the value is no YAML.
        """
        path, equals, value = text.partition("=")
        path = path.strip()
        if not equals or not path:
            # Not the text itself: it may be a secret with its `=` forgotten.
            what = "no '='" if not equals else "no KEY"
            message = f"should be KEY=VALUE as in 'edit.steps=8', got one with {what}."
            raise ConfigError("command line", [Problem("-o", message)])
        return cls(path, _parse_value(value, f"-o {path}", "command line"), f"-o {path}")


def _parse_value(text: str, origin: str, source: str) -> Any:
    try:
        return load_yaml(text, source=origin, quote=False)
    except YamlError as error:
        message = f"the value should be YAML. {error}. Text with special characters needs quotes."
        raise ConfigError(source, [Problem(origin, message)]) from error


def environment_overrides(environ: Mapping[str, str]) -> list[Override]:
    """Return the keys that environment variables set, sorted by variable.

    Raises:
        ConfigError: a value is no YAML.
    """
    overrides = []
    if environ.get(PROGRESS_VARIABLE):
        value = environ[PROGRESS_VARIABLE]
        overrides.append(Override("progress", value, PROGRESS_VARIABLE, "environment"))
    for name in sorted(environ):
        if name.startswith(KEY_PREFIX):
            path = name.removeprefix(KEY_PREFIX).lower().replace("__", ".")
            value = _parse_value(environ[name], name, "environment")
            overrides.append(Override(path, value, name, "environment"))
    return overrides


def read_file(path: Path) -> dict[str, Any]:
    """Return the top mapping of a configuration file.

    Raises:
        ConfigError: the file cannot be read, is no YAML, or its top is no mapping.
    """
    source = str(path)
    try:
        data = load_yaml(path.read_text(encoding="utf-8"), source=source)
    except FileNotFoundError as error:
        raise ConfigError(source, [Problem("", _missing_file(path))]) from error
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}."
        raise ConfigError(source, [Problem("", message)]) from error
    except UnicodeDecodeError as error:
        message = f"the file should be UTF-8 text: {error.reason} at byte {error.start}."
        raise ConfigError(source, [Problem("", message)]) from error
    except YamlError as error:
        raise ConfigError(source, [Problem("", f"{error}.")]) from error
    if not isinstance(data, dict):
        message = (
            "the top should be a mapping with the keys 'dataset' and 'edit', got "
            f"{'an empty file' if data is None else shown(data)}."
        )
        raise ConfigError(source, [Problem("", message)])
    return data


def _missing_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f"there is no such file; the folder {str(folder)!r} does not exist."
    known = [entry.name for entry in folder.iterdir() if entry.suffix in (".yaml", ".yml")]
    return f"there is no such file.{did_you_mean(path.name, known)}"


def plain_copy(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Return a deep copy as plain JSON data; for a configuration given from Python.

    Paths become text, tuples become lists.

    Raises:
        ConfigError: something in it is no plain data.
    """
    if len(path) > MAX_DEPTH:
        raise _not_plain(path[:3], f"nested deeper than {MAX_DEPTH} levels, or in itself.")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise _not_plain(path, f"keys should be text, got {key!r}.")
        return {str(key): plain_copy(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_copy(item, (*path, position)) for position, item in enumerate(value)]
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise _not_plain(path, f"should be text that UTF-8 can hold, got {value!r}.")
        return str(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    raise _not_plain(path, f"should be plain data, got {value!r:.80} ({type(value).__name__}).")


def _not_plain(path: tuple[str | int, ...], message: str) -> ConfigError:
    return ConfigError("configuration", [Problem(dotted(path), message)])


def apply_overrides(data: dict[str, Any], overrides: Iterable[Override]) -> list[Problem]:
    """Set each override's key in `data` (changed in place); return what could not be set."""
    return [problem for override in overrides for problem in _apply(data, override)]


def override_merged(merged: Merged, overrides: Iterable[Override]) -> list[Problem]:
    """Set each override's key in a merged configuration; return what could not be set."""
    problems = []
    for override in overrides:
        wrong = _apply(merged.data, override)
        problems += wrong
        if not wrong:
            merged.override(override.path, Origin(override.layer, override.origin))
    return problems


def _apply(data: dict[str, Any], override: Override) -> list[Problem]:
    reason = _set(data, override.path.split("."), override.value)
    if reason is None:
        return []
    return [Problem(override.path, f"{reason} [set by {override.origin}]")]


def _set(data: dict[str, Any], parts: list[str], value: Any) -> str | None:
    """Set a key; return a sentence if that is not possible."""
    if "" in parts:
        return "a key should have a name before, between and after its dots, as in 'edit.steps'."
    if len(parts) > MAX_DEPTH:
        return f"a key has at most {MAX_DEPTH} parts, got {len(parts)}."
    if parts[0] == "profiles":
        return "profiles are chosen by '--profile NAME'; set the key itself, as in 'edit.steps'."
    holder: Any = data
    for position, part in enumerate(parts):
        last = position == len(parts) - 1
        if isinstance(holder, list):
            if not (_POSITION.fullmatch(part) and int(part) <= len(holder)):
                return (
                    f"{'.'.join(parts[:position])!r} is a list; {part!r} should be a position "
                    f"from 0 to {len(holder)} (the last one appends)."
                )
            key: str | int = int(part)
            if key == len(holder):
                holder.append(None)
        elif isinstance(holder, dict):
            key = part
        else:
            return (
                f"{'.'.join(parts[:position])!r} is {shown(holder)}; it has no keys that could be "
                f"set. Set it as a whole."
            )
        if last:
            holder[key] = value
        else:
            below = holder.get(key) if isinstance(holder, dict) else holder[key]
            if below is None:
                below = holder[key] = {}
            holder = below
    return None
