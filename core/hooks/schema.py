"""The JSON Schema of a recording's lines, made from the event classes.

It says what `decoding` takes. pydantic would say otherwise: a named tuple is an array to it, and an
object in a recording.
"""

import dataclasses
import inspect
import re
import types
import typing
from typing import Any

from editgauge.core.hooks.events import EVENT_TYPES, FORMAT_MAJOR, FORMAT_MINOR, Event
from editgauge.core.hooks.recording import FORMAT_NAME

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n        .+)*)", re.MULTILINE)


def events_schema() -> dict[str, Any]:
    """Return one JSON Schema (draft 2020-12) for every line of a recording, header included.

    A line may have fields that are not named here. Fields that must be there are those without a
    default; a writer of this version writes all of them.
    """
    definitions: dict[str, Any] = {"Header": _header()}
    for kind in EVENT_TYPES.values():
        definitions[kind.__name__] = _object(kind, definitions)
    lines = [{"$ref": f"#/$defs/{name}"} for name in ("Header", *EVENT_TYPES)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "editgauge events",
        "description": (
            f"One line of a recording of the format {FORMAT_MAJOR}.{FORMAT_MINOR}. The first line "
            "is a Header, every other one an event, told apart by `kind`. Recordings of a later "
            "minor version may have more kinds and fields; pass over them."
        ),
        "oneOf": lines,
        "$defs": definitions,
    }


def _header() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "The first line: what the file is.",
        "properties": {
            "kind": {"const": "Header"},
            "format": {"const": FORMAT_NAME},
            "major": {"const": FORMAT_MAJOR},
            "minor": {"type": "integer", "minimum": 0},
        },
        "required": ["kind", "format", "major"],
    }


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass or named tuple; what it holds goes into `definitions`."""
    hints = typing.get_type_hints(kind)
    defaults = _defaults(kind)
    described = _descriptions(kind)
    properties: dict[str, Any] = {}
    required = []
    if dataclasses.is_dataclass(kind):
        properties["kind"] = {"const": kind.__name__}
        required.append("kind")
    for name in _field_names(kind):
        properties[name] = _value(hints[name], definitions)
        if name in described:
            properties[name]["description"] = described[name]
        if name in defaults:
            properties[name]["default"] = _as_json(defaults[name])
        else:
            required.append(name)
    return {
        "type": "object",
        "description": _summary(kind),
        "properties": properties,
        "required": required,
    }


def _value(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if origin is types.UnionType:
        inner = _value(arguments[0], definitions)
        if list(inner) == ["type"]:
            return {"type": [inner["type"], "null"]}
        return {"anyOf": [inner, {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _value(arguments[0], definitions)}
    if hint.__name__ not in definitions:
        definitions[hint.__name__] = _object(hint, definitions)
    return {"$ref": f"#/$defs/{hint.__name__}"}


def _field_names(kind: type) -> tuple[str, ...]:
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def _defaults(kind: type) -> dict[str, Any]:
    if dataclasses.is_dataclass(kind):
        return {
            field.name: field.default
            for field in dataclasses.fields(kind)
            if field.default is not dataclasses.MISSING
        }
    return dict(getattr(kind, "_field_defaults", {}))


def _as_json(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default


def _summary(kind: type) -> str:
    """Return the first paragraph of a docstring."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _descriptions(kind: type) -> dict[str, str]:
    """Return what the docstrings of an event and of the envelope say about fields."""
    found: dict[str, str] = {}
    for each in (Event, kind) if issubclass(kind, Event) else (kind,):
        _, _, attributes = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")
        for match in _ATTRIBUTE.finditer(attributes):
            found[match[1]] = " ".join(match[2].split())
    return found
