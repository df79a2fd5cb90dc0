"""Text from outside, made safe and short for people to read."""

import difflib
import json
import unicodedata
from collections.abc import Iterable
from typing import Any

_BIDIRECTIONAL = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_LINE_SEPARATORS = frozenset("\u2028\u2029")


def clean(text: str, *, keep_newlines: bool = False) -> str:
    r"""Return text with every control character made visible as an escape like `\x1b`.

    Control characters (C0, DEL, C1), bidirectional controls, line separators and lone surrogates
    are replaced; with `keep_newlines`, line feeds and tabs stay. For every sink that people read:
    terminals, text logs and reports. JSON keeps the raw text.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if (keep_newlines and char in "\n\t") or not _is_hidden(char) else _escape(char)
        for char in text
    )


def _is_hidden(char: str) -> bool:
    return (
        unicodedata.category(char) in ("Cc", "Cs")
        or char in _BIDIRECTIONAL
        or char in _LINE_SEPARATORS
    )


def _escape(char: str) -> str:
    code = ord(char)
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(
        char, f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    )


def shorten(text: str, length: int) -> str:
    """Return text cut to `length` characters, the last one an ellipsis if anything was cut."""
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None if none is like it."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` with the nearest known name, or an empty string."""
    match = nearest(name, known)
    return f" Did you mean {match!r}?" if match else ""


def counted(number: int, noun: str) -> str:
    """Return `1 sample` or `2 samples`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def dump_json(data: Any) -> str:
    """Return one line of strict JSON that UTF-8 can hold.

    Lone surrogates, which no UTF-8 file can hold, switch the line to ASCII escapes.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    line = json.dumps(data, ensure_ascii=False, allow_nan=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(data, ensure_ascii=True, allow_nan=False)
    return line
