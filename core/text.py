"""Text from outside, made safe and short for people to read."""

import difflib
import functools
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

_MINUTE = 60
_HOUR = 3600
# What no one sees: controls (C0, DEL, C1), bidirectional controls, line separators, everything that
# Unicode calls default-ignorable (soft hyphen, zero-width characters, fillers, tags, the byte order
# mark), interlinear annotation, lone surrogates and noncharacters. Some of it moves the cursor or
# turns text round; the rest hides words, or makes neighbours of two `#` for programs that compare
# as .NET does. Unassigned characters are left alone: tomorrow's emoji are unassigned today.
_HIDDEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
) + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_SELECTOR = r"\ufe00-\ufe0f\U000e0100-\U000e01ef"
_JOINER = r"\u200c\u200d"
_BASE = rf"[^\x00-\x7f{_HIDDEN}{_SELECTOR}{_JOINER}]"
# Emoji and several scripts need joiners and variation selectors, each behind a character that is
# seen: woman + joiner + microscope. A keycap has a selector behind a digit.
_UNSEEN = (
    rf"[{_HIDDEN}]"
    rf"|(?<!{_BASE})(?!(?<=[0-9#*])\ufe0f\u20e3)[{_SELECTOR}]"
    rf"|(?<!{_BASE})(?<!{_BASE}[{_SELECTOR}])[{_JOINER}]"
)
_MOST_MARKS = 8
"""Combining marks on one character; more would cover the lines above and below."""
_NOT_ASCII_FOR_LONG = re.compile(rf"[^\x00-\x7f]{{{_MOST_MARKS + 1}}}")

# Build systems take lines of a log for commands. GitHub: `::error::` at the start of a line, behind
# white space, too, and the older `##[error]` anywhere. Azure: `##vso[` and `##[`, TeamCity:
# `##teamcity[`. Buildkite: headings at the start of a line. Others need control characters.
_COMMAND = re.compile(r"#(?=#(?:vso|teamcity)?\[)", re.IGNORECASE)
_COMMAND_LINE = re.compile(
    r"^[^\S\n]*:(?=:)|^(?:-(?=--\s)|\+(?=\+\+\s)|~(?=~~\s)|\^(?=\^\^\s))", re.MULTILINE
)


@functools.cache
def _unseen() -> re.Pattern[str]:
    """Return the pattern of `_UNSEEN`, made when it is needed: it takes as long as an import."""
    return re.compile(_UNSEEN)


def clean(text: str, *, keep_newlines: bool = False) -> str:
    r"""Return text that is what it looks like, with the rest made visible as escapes like `\x1b`.

    Escaped are characters that are not seen (control, C1 and bidirectional characters, line
    separators, zero-width characters, tags, lone surrogates), combining marks beyond the eighth of
    a character, and the first character of what a build system would take for a command
    (`\x3a:error`, `\x23#[error]`). With `keep_newlines`, line feeds and tabs stay. For every sink
    that people read: terminals, text logs and reports. In JSON the text keeps its value.
    """
    if not (text.isascii() and text.isprintable()):
        text = _unseen().sub(_escape_other if keep_newlines else _escape, text)
        text = _thin(text) if _NOT_ASCII_FOR_LONG.search(text) else text
    return _COMMAND_LINE.sub(_escape_last, _COMMAND.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    return _escaped(match[0])


def _escape_other(match: re.Match[str]) -> str:
    return match[0] if match[0] in "\n\t" else _escaped(match[0])


def _escape_last(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}{_escaped(match[0][-1])}"


def _escaped(char: str) -> str:
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(
        char, f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    )


def _thin(text: str) -> str:
    """Return text in which combining marks beyond the eighth in a row are escapes."""
    marks, parts = 0, []
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        parts.append(char if marks <= _MOST_MARKS else _escaped(char))
    return "".join(parts)


def clean_start(text: str, length: int) -> str:
    """Return at most `length` characters of cleaned text, the last one an ellipsis if it was cut.

    As `shorten(clean(text), length)`, without the work of cleaning what is not shown: a judge may
    send megabytes.
    """
    return shorten(clean(text[: length + 1]), length)


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


def duration(seconds: float) -> str:
    """Return `3.2 s`, `42 s`, `3 min 12 s` or `2 h 05 min`."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"


def dump_json(data: Any) -> str:
    r"""Return one line of strict JSON that UTF-8 can hold and that harms no terminal.

    Characters that are not seen and the beginning of what a build system would take for a command
    are written as JSON escapes (`\u009b`, `\u0023#[error]`): the value stays the same.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    line = json.dumps(data, ensure_ascii=False, allow_nan=False)
    if not (line.isascii() and line.isprintable()):
        line = _unseen().sub(escape_json, line)
    return _COMMAND.sub(escape_json, line)


def dump_json_document(data: Any) -> str:
    """Return strict JSON over several lines, as harmless as `dump_json`, all in ASCII.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    return _COMMAND.sub(escape_json, json.dumps(data, indent=2, allow_nan=False))


def escape_json(match: re.Match[str]) -> str:
    """Return the characters of a match as JSON writes them in ASCII."""
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
