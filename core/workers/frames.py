"""What each frame from a worker has to hold: checked once, so that nobody else has to.

Whoever answers to another's frames may be broken, or another program altogether; what it says
wrongly ends the worker with a reason, and never a run with an internal error.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from editgauge.core.workers.protocol import Frame, ProtocolError

ERROR_LENGTH = 20_000
"""Characters that the text of an error may have; a worker cuts it before that."""
_WHOLE_LIMIT = 2**63
_NOT_FINITE = ("nan", "inf", "-inf")
_SCALARS = (str, int, float, bool)

Check = Callable[[Any], bool]
"""Returns whether a field holds what it should."""


def _whole(value: Any) -> bool:
    return type(value) is int and abs(value) < _WHOLE_LIMIT


def _position(value: Any) -> bool:
    return _whole(value) and value >= 0


def _pixels(value: Any) -> bool:
    return _whole(value) and value >= 1


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _error(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= ERROR_LENGTH


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _value(value: Any) -> bool:
    # JSON has no word for a number that is not finite.
    return value is None or type(value) in (int, float) or value in _NOT_FINITE


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _versions(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _facts(value: Any) -> bool:
    return isinstance(value, dict) and all(type(item) in _SCALARS for item in value.values())


_WORDS: Mapping[Check, str] = {
    _whole: "a whole number",
    _position: "a whole number from 0",
    _pixels: "a whole number from 1",
    _seconds: "a number of seconds",
    _text: "text",
    _error: f"text of at most {ERROR_LENGTH:,} characters",
    _flag: "true or false",
    _value: "a number, null, or a number that is not finite as text",
    _texts: "a list of texts",
    _versions: "an object of texts",
    _facts: "an object of texts, numbers, and true or false",
}

_FIELDS: Mapping[str, Mapping[str, Check]] = {
    "hello": {},  # `check_hello` has words of its own
    "inspected": {"devices": _texts, "versions": _versions, "fingerprint": _text},
    "inspect_failed": {"error": _error},
    "ready": {"versions": _versions, "details": _facts},
    "load_failed": {"error": _error},
    "began": {"request": _whole},
    "step": {"request": _whole, "step": _whole, "of": _whole},
    "edited": {
        "request": _whole,
        "seconds": _seconds,
        "width": _pixels,
        "height": _pixels,
        "sources_sha256": _texts,
        "image_sha256": _text,
    },
    "reply": {
        "request": _whole,
        "position": _position,
        "seconds": _seconds,
        "text": _text,
        "value": _value,
        "truncated": _flag,
        "images_sha256": _texts,
    },
    "scored": {"request": _whole, "seconds": _seconds},
    "failed": {"request": _whole, "seconds": _seconds, "error": _error},
    "device_lost": {"request": _whole, "error": _error},
    "unwritable": {"request": _whole, "errno": _whole, "error": _error},
}
"""The fields of every kind of frame that a worker sends."""
_IF_THERE: Mapping[str, Mapping[str, Check]] = {
    "hello": {"python": _text},
    "reply": {"said": _text},  # added by `Redactor.frame`
}


def check_worker_frame(frame: Frame) -> None:
    """Check that a frame from a worker holds what frames of its kind hold; more may be there.

    Raises:
        ProtocolError: it is of no known kind, or a field is missing or of another type.
    """
    kind = frame["kind"]
    fields = _FIELDS.get(kind)
    if fields is None:
        raise ProtocolError(f"a frame of unknown kind {kind[:40]!r} came")
    for name in fields:
        if name not in frame:
            raise ProtocolError(f"a {kind!r} frame has no {name!r}")
    for name, is_right in {**fields, **_IF_THERE.get(kind, {})}.items():
        if name in frame and not is_right(frame[name]):
            raise ProtocolError(
                f"{name!r} of a {kind!r} frame should be {_WORDS[is_right]}, got "
                f"{_shown(frame[name])}"
            )


def _shown(value: Any) -> str:
    try:
        return repr(value)[:80]
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        return f"one of type {type(value).__name__}"
