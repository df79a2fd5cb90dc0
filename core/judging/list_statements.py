"""Lists of numbers that a reply gives as its scores: `[8, 7]`, or lines of `Name: N`."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from editgauge.core.judging.number_statements import read_plain_number
from editgauge.core.judging.reply_text import JsonObject, ReplyText

_LABELLED = re.compile(
    r"(?<!\w)(?:scores?|ratings?)[\"']?[ \t]{0,8}(?:[:=]|is|are|of)[ \t\n]{0,4}"
    r"\[(?P<items>[^\[\]]{0,400})\]",
    re.IGNORECASE,
)
_LINE = re.compile(r"\[(?P<items>[^\[\]]{0,400})\][.,]?")
_NAMED = re.compile(
    r"(?:[-•][ \t]*|[0-9]{1,2}[.)][ \t]*)?(?P<name>\D[^:=\n]{0,79})[:=](?P<value>.{1,40})"
)
_WHOLE = re.compile(r"\W*(?:(?:overall|total|final|average|mean|sum)\b.*|score)\W*", re.IGNORECASE)


@dataclass(slots=True)
class ListStatements:
    """Lists that a reply states, in order, and the reasons why it cannot be read all the same."""

    values: list[tuple[float, ...]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_lists(reply: ReplyText, *, maximum: float) -> ListStatements:
    """Return every list of numbers that the reply gives as its scores.

    That is a list in a JSON score field, a list behind `score:`, a list that fills a line or the
    whole reply, or, if there is none of these, two or more lines of `Name: N`.

    Args:
        reply: the prepared reply.
        maximum: greatest possible score of each number; `n/m` counts only for this `m`.
    """
    found = ListStatements()
    for value in reply.fields:
        if isinstance(value, list) and not isinstance(value, JsonObject):
            _take(value, maximum, found)
        elif value is not None:
            found.problems.append("its score field holds no list")
    for match in _LABELLED.finditer(reply.text):
        _take(match["items"].split(","), maximum, found)
    whole = " ".join(reply.lines) if len(reply.lines) <= 100 else ""
    for line in {whole: None} | dict.fromkeys(reply.lines):
        filled = _LINE.fullmatch(line)
        if filled and any(char.isdigit() for char in line):
            _take(filled["items"].split(","), maximum, found)
    if not found.values and not found.problems:
        _read_named_lines(reply.lines, maximum, found)
    return found


def _take(items: list[Any], maximum: float, found: ListStatements) -> None:
    numbers = []
    for item in items:
        if isinstance(item, str):
            numbers += read_plain_number(item.strip(), maximum=maximum).values
        elif isinstance(item, float) and math.isfinite(item):
            numbers.append(item)
    if len(numbers) == len(items) > 0:
        found.values.append(tuple(numbers))
    else:
        found.problems.append("its list holds something that is no number, or nothing")


def _read_named_lines(lines: list[str], maximum: float, found: ListStatements) -> None:
    numbers: list[float] = []
    for line in lines:
        match = _NAMED.fullmatch(line)
        if match is None:
            continue
        inner = read_plain_number(match["value"].strip(), maximum=maximum)
        if inner.problems:
            found.problems += inner.problems
        elif inner.values and _WHOLE.fullmatch(match["name"]):
            found.problems.append(f"{match['name'].strip()!r} is no item of a list")
        else:
            numbers += inner.values
    if len(numbers) >= 2:
        found.values.append(tuple(numbers))
