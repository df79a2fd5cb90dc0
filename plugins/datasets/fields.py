"""Reading fields of a row that came out of JSON."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


class FieldError(ValueError):
    """A field is missing or of the wrong kind; says what was expected and what came."""


_KINDS = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    type(None): "null",
}


def kind_of(value: object) -> str:
    """Return what a JSON value is, for people (`a list`)."""
    return _KINDS.get(type(value), type(value).__name__)


def required_text(row: Mapping[str, Any], *names: str) -> str:
    """Return the text of the first of the fields that has any.

    Raises:
        FieldError: none has, or one that is looked at is no string.
    """
    text = optional_text(row, *names)
    if not text:
        expected = " or ".join(repr(name) for name in names)
        state = "is empty" if any(row.get(name) is not None for name in names) else "is missing"
        raise FieldError(f"{expected} {state}; expected a text")
    return text


def optional_text(row: Mapping[str, Any], *names: str) -> str:
    """Return the text of the first of the fields that has any, else an empty string.

    Raises:
        FieldError: one that is looked at is no string.
    """
    for name in names:
        value = row.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise FieldError(f"{name!r} should be a string, got {kind_of(value)}")
        if value.strip():
            return value
    return ""
