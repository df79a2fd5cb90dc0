"""YAML from a user, read safely and without surprises.

Only what JSON has: mappings with text as keys, lists, text, numbers, true, false and null. Built on
PyYAML's parser; what a plain word means is decided here, because YAML 1.1 turns `no`, `2026-11-23`,
`1:30` and `0o17` into other things than the ones that were written.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

MAX_CHARACTERS = 1_000_000
"""A longer text is refused."""
MAX_DEPTH = 100
"""Mappings and lists nested deeper than this are refused."""

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# No leading zeros: `007` is a name far more often than a number.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_MAX_DIGITS = 400


class YamlError(ValueError):
    """A text that is no acceptable YAML; the message says where (source, line, column) and why."""


def load_yaml(text: str, *, source: str, quote: bool = True) -> Any:
    """Return the one YAML document in `text` as plain JSON data; an empty text gives None.

    `true` and `false` are booleans; `yes`, `no`, `on` and `off` are text, and so are dates, numbers
    with leading zeros, and `.inf` and `.nan`.

    Args:
        text: the YAML text.
        source: what people know the text by (a file's path), for messages.
        quote: whether messages may quote the text; not where it may be a secret.

    Raises:
        YamlError: it is no YAML, or it has more than one document, an alias or anchor, a tag, a
            key twice in one mapping, a key that is no text, a number that no float can hold, more
            than `MAX_CHARACTERS` characters or more than `MAX_DEPTH` levels.
    """
    if len(text) > MAX_CHARACTERS:
        raise YamlError(
            f"{source} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are accepted"
        )
    builder = _Builder(source, quote=quote)
    try:
        return builder.document(iter(yaml.parse(text, Loader=yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(f"{_place(source, error.problem_mark)}: no valid YAML: {reason}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(
            f"{source}, line {line}: the character U+{_code(error.character):04X} is not allowed "
            f"in YAML"
        ) from error
    except yaml.YAMLError as error:
        raise YamlError(f"{source}: no valid YAML: {error}") from error


def _code(character: str | int) -> int:
    return character if isinstance(character, int) else ord(character)


def _place(source: str, mark: Any) -> str:
    return source if mark is None else f"{source}, line {mark.line + 1}, column {mark.column + 1}"


class _Builder:
    """Makes plain data of PyYAML's parse events, as they come, so a limit stops the parser too."""

    def __init__(self, source: str, *, quote: bool) -> None:
        self._source = source
        self._quote = quote

    def document(self, events: Iterator[Any]) -> Any:
        data: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(event, "expected one document, but '---' begins another")
                data = self._value(next(events), events, depth=0)
        return data

    def _value(self, event: Any, events: Iterator[Any], *, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise self._error(
                event,
                f"the alias *{self._shown(event.anchor)} is not accepted; write the value out",
            )
        if event.anchor is not None:
            raise self._error(
                event,
                f"the anchor &{self._shown(event.anchor)} is not accepted; write the value out",
            )
        if event.tag is not None:
            raise self._error(
                event,
                f"the tag {self._shown(repr(event.tag))} is not accepted; quote text, leave tags "
                "out",
            )
        if isinstance(event, yaml.ScalarEvent):
            return event.value if event.style else self._plain(event)
        if depth >= MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, depth=depth + 1)
        return self._mapping(events, depth=depth + 1)

    def _list(self, events: Iterator[Any], *, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._value(event, events, depth=depth))
        return items

    def _mapping(self, events: Iterator[Any], *, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._value(event, events, depth=depth)
            if not isinstance(key, str):
                raise self._error(event, "a key must be text; put quotes around it")
            if key in items:
                raise self._error(
                    event, f"the key {self._shown(repr(key))} stands in line {lines[key]} already"
                )
            items[key] = self._value(next(events), events, depth=depth)
            lines[key] = event.start_mark.line + 1
        return items

    def _plain(self, event: Any) -> Any:
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if not _FLOAT.fullmatch(text):
            return text
        number: int | float = math.inf
        if len(text) <= _MAX_DIGITS:
            number = int(text) if _INTEGER.fullmatch(text) else float(text)
        if math.isinf(number):
            raise self._error(
                event, "the number is too large; put quotes around it if text is meant"
            )
        return number

    def _shown(self, text: str | None) -> str | None:
        return text if self._quote else "…"

    def _error(self, event: Any, reason: str) -> YamlError:
        return YamlError(f"{_place(self._source, event.start_mark)}: {reason}")
