"""Plain JSON data turned back into typed values, strictly.

Written for events: dataclass and named tuple fields of str, int, float, bool, None, tuples and
unions of them. Unlike a general validation library, it takes lone surrogates (a judge may write
them), ignores unknown fields in named tuples, too, and converts nothing but whole numbers where a
float is due. The standard library suffices, so replaying needs no import of pydantic.
"""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

Decoder = Callable[[Any, str], Any]
"""`decoder(value, where)`: the typed value; `where` names the field in errors."""


class DecodeError(ValueError):
    """A value is not what its field's type says; the message names field and both."""


def decode_fields(kind: type, data: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Return the fields of a dataclass or named tuple found in JSON data, ready for `kind(**...)`.

    Unknown fields are ignored; a missing field is left out if it has a default.

    Raises:
        DecodeError: a field is missing, of another type, or not a finite number.
    """
    values = {}
    for name, (decode, required) in _fields(kind).items():
        path = f"{where}.{name}" if where else name
        if name in data:
            values[name] = decode(data[name], path)
        elif required:
            raise DecodeError(f"the field {path!r} is missing")
    return values


@functools.cache
def _fields(kind: type) -> dict[str, tuple[Decoder, bool]]:
    hints = typing.get_type_hints(kind)
    if dataclasses.is_dataclass(kind):
        required = {
            field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)
        }
    else:
        defaults: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
        required = {name: name not in defaults for name in getattr(kind, "_fields", ())}
    return {name: (_decoder(hints[name]), needed) for name, needed in required.items()}


def _decoder(hint: Any) -> Decoder:
    """Return the decoder of a field's type.

    Raises:
        TypeError: the type is not one that an event may have.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType and len(arguments) == 2 and arguments[1] is types.NoneType:
        inner = _decoder(arguments[0])
        return lambda value, where: None if value is None else inner(value, where)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return functools.partial(_decode_tuple, _decoder(arguments[0]))
    if hint is float:
        return _decode_float
    if hint in (str, int, bool):
        return functools.partial(_decode_plain, hint)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return functools.partial(_decode_named_tuple, hint)
    raise TypeError(f"an event's field is plain: str, int, float, bool or tuples, not {hint!r}")


def _decode_plain(kind: type, value: Any, where: str) -> Any:
    if type(value) is not kind:  # exactly: True is no number
        raise _unexpected(where, kind.__name__, value)
    return value


def _decode_float(value: Any, where: str) -> float:
    if type(value) not in (float, int):
        raise _unexpected(where, "float", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _unexpected(where, "a finite number", value)
    return number


def _decode_tuple(decode: Decoder, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _unexpected(where, "an array", value)
    return tuple(decode(item, f"{where}[{index}]") for index, item in enumerate(value))


def _decode_named_tuple(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _unexpected(where, "an object", value)
    return kind(**decode_fields(kind, value, where))


def _unexpected(where: str, expected: str, value: Any) -> DecodeError:
    try:
        came = repr(value)
    except (ValueError, RecursionError):  # an integer of too many digits, or nested too deep
        came = f"one of type {type(value).__name__}"
    return DecodeError(f"the field {where!r} should be {expected}, got {came[:80]}")
