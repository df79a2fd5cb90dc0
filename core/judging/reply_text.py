"""A judge's reply, made ready for the parsers: thoughts left out, JSON taken out, marks removed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_CHARACTERS = 100_000
"""A longer reply is not read: no judge needs so much, and every parser's time is bounded by it."""

_MAX_BROKEN_JSON = 50
_SCORE_KEYS = frozenset(
    {
        "score",
        "scores",
        "rating",
        "final_score",
        "overall_score",
        "total_score",
        "评分",
        "分数",
        "得分",
    }
)
# Full-width digits and signs, other minus and quotation marks, and spaces that are not U+0020.
# Digits of other scripts stay: a number in them is not read, rather than read in part.
_PLAIN = str.maketrans(
    {code: chr(code - 0xFEE0) for code in range(0xFF05, 0xFF1E)}
    | {0xFF01: "!", 0xFF1F: "?", 0xFF3B: "[", 0xFF3D: "]", 0x3010: "[", 0x3011: "]"}
    | {0x2212: "-", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x3002: "."}
    | {0xA0: " ", 0x202F: " ", 0x3000: " ", 0x0D: "\n"}
    | dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
)
_THOUGHT = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
# Marks of Markdown, but not between two letters or digits: `2*4` and `final_score` stay.
_MARKS = re.compile(
    r"```[a-zA-Z]{0,10}|(?<!\w)[*`_]++|[*`_]++(?!\w)|^[ \t]{0,3}#{1,6}[ \t]", re.MULTILINE
)
_BOXED = re.compile(r"\$?\\boxed\{([^{}\n]{1,40})\}\$?")


@dataclass(slots=True)
class ReplyText:
    """What a parser looks at.

    Attributes:
        text: the reply outside of JSON objects, and the texts inside them.
        lines: its lines that stand outside of JSON objects and are not blank.
        fields: the values of every JSON field whose name says that it is a score.
    """

    text: str = ""
    lines: list[str] = field(default_factory=list)
    fields: list[Any] = field(default_factory=list)


class JsonObject(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key given twice is seen twice."""


def _not_finite(_name: str) -> float:
    return float("nan")


_DECODER = json.JSONDecoder(
    object_pairs_hook=JsonObject, parse_int=float, parse_constant=_not_finite
)


def prepare(reply: str) -> ReplyText:
    """Return the parts of a reply that a parser looks at, in time linear in its length.

    Thoughts (`<think>…</think>`) are left out, also when only one of the two tags is there. JSON
    objects are taken out of the text, wherever they stand.
    """
    prepared = ReplyText()
    outside: list[str] = []
    inside: list[str] = []
    for part in _objects(_without_thoughts(reply).translate(_PLAIN)):
        if isinstance(part, str):
            outside.append(part)
        else:
            _collect(part, prepared.fields, inside)
    visible = _BOXED.sub(r"\1", _MARKS.sub("", "\n".join(outside)))
    prepared.lines = [line.strip() for line in visible.split("\n") if line.strip()]
    prepared.text = "\n".join([visible, *(_MARKS.sub("", text) for text in inside)])
    return prepared


def _without_thoughts(reply: str) -> str:
    kept = []
    position = 0
    thinking = False
    for tag in _THOUGHT.finditer(reply):
        if not tag[1]:
            if not thinking:
                kept.append(reply[position : tag.start()])
            thinking = True
        else:
            if not thinking:
                # The opening tag was part of the prompt: all that came before is thought.
                kept.clear()
            thinking = False
            position = tag.end()
    if not thinking:
        kept.append(reply[position:])
    return "\n".join(kept)


def _objects(text: str) -> Iterator[str | JsonObject]:
    """Yield the JSON objects of a text and the stretches between them, in order."""
    position = 0
    search = 0
    broken = 0
    while broken < _MAX_BROKEN_JSON and (start := text.find("{", search)) >= 0:
        try:
            decoded, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            broken += 1
            search = start + 1
            continue
        yield text[position:start]
        if isinstance(decoded, JsonObject):
            yield decoded
        position = search = end
    yield text[position:]


def _collect(decoded: JsonObject, fields: list[Any], texts: list[str]) -> None:
    waiting: list[Any] = [decoded]
    while waiting:
        value = waiting.pop()
        if isinstance(value, JsonObject):
            for key, item in value:
                named = key.strip().casefold().replace(" ", "_").replace("-", "_") in _SCORE_KEYS
                if named and not isinstance(item, JsonObject):
                    fields.append(item)
                else:
                    waiting.append(item)
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            texts.append(value)
