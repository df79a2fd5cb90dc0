"""GEdit-Bench's arithmetic: two lists of two numbers make one score. Standard library only."""

import json
import math
import re

_LIST = re.compile(r"\[\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*\]")
_NAMED_LIST = re.compile(rf"[\"']?score[\"']?\s*[:=]\s*{_LIST.pattern}", re.IGNORECASE)


class UnreadableError(ValueError):
    """An answer from which no two numbers can be read without guessing."""


def read_two_numbers(answer: str) -> tuple[float, float]:
    """Return the two numbers of a judge's answer, from 0 to 10.

    They are the list called `score`, or the only list of two numbers that there is.

    Raises:
        UnreadableError: there is no such list, there are different ones, or a number is out of
            range.
    """
    found = set(_NAMED_LIST.findall(answer)) or set(_LIST.findall(answer))
    if len(found) != 1:
        kind = "no list" if not found else f"{len(found)} different lists"
        raise UnreadableError(f'expected "score": [a, b], got {kind} of two numbers')
    first, second = (float(number) for number in found.pop())
    if not (0 <= first <= 10 and 0 <= second <= 10):
        raise UnreadableError(f"expected numbers from 0 to 10, got {first:g} and {second:g}")
    return first, second


def overall(consistency: tuple[float, float], quality: tuple[float, float]) -> float:
    """Return the score of a sample: sqrt(SC * PQ), each the lesser of its two numbers."""
    return math.sqrt(min(consistency) * min(quality))


def to_reply(consistency: tuple[float, float], quality: tuple[float, float]) -> str:
    """Return the first line of a reply: what the table is made from."""
    return json.dumps({"SC": min(consistency), "PQ": min(quality)})


def from_reply(reply: str) -> tuple[float, float] | None:
    """Return SC and PQ of a reply's first line, or None if another judge wrote it."""
    try:
        data = json.loads(reply.partition("\n")[0])
        return float(data["SC"]), float(data["PQ"])
    except (ValueError, TypeError, KeyError):
        return None
