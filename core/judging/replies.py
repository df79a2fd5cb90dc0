"""From a judge's reply to a score, or to the reason why there is none.

Nothing is invented here: an unreadable reply has no score, a number outside the range is not moved
into it, and a number on another scale is not rescaled.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from editgauge.core.judging.list_statements import find_lists
from editgauge.core.judging.number_statements import find_numbers
from editgauge.core.judging.reply_text import MAX_CHARACTERS, ReplyText, prepare
from editgauge.core.judging.rubrics import Rubric
from editgauge.core.judging.yes_no_statements import find_answers
from editgauge.core.models import Reply
from editgauge.core.outcomes import ScoreOutcome

_ROUNDING = 1e-6
_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reply came to.

    Attributes:
        outcome: `OK`, `UNPARSED` or `OUT_OF_RANGE`.
        score: within the rubric's range if the outcome is `OK`, else None.
        reason: why there is no score, in a line of plain words; empty if there is one.
    """

    outcome: ScoreOutcome
    score: float | None = None
    reason: str = ""


class _UnparsedError(Exception):
    """There is no single score; the message says why."""


class _OutOfRangeError(Exception):
    """A number is outside the rubric's range; the message says which."""


def judge(rubric: Rubric, reply: Reply, *, score_by: Literal["text", "logprobs"]) -> Judgement:
    """Return the judgement that a reply states; raises nothing, whatever the reply.

    A value that the model measured itself decides alone; the text beside it is for show. Without
    one, `score_by: text` parses the text and `score_by: logprobs` has no score. Of a reply that
    was cut off, the last line is not read.
    """
    try:
        if reply.value is not None:
            score = _measured(rubric, reply.value, reply.text)
        elif score_by == "logprobs":
            return _unparsed("the reward model gave no value")
        else:
            score = _parsed(rubric, _complete_lines(reply))
    except _UnparsedError as error:
        return _unparsed(str(error))
    except _OutOfRangeError as error:
        return Judgement(ScoreOutcome.OUT_OF_RANGE, reason=str(error))
    return Judgement(ScoreOutcome.OK, score + 0.0)  # Adding 0 turns -0.0 into 0.0.


def _complete_lines(reply: Reply) -> str:
    """Return the text without a last line that was cut off, for `1` may be the half of `10`.

    Raises:
        _UnparsedError: nothing else is left.
    """
    if not reply.truncated:
        return reply.text
    complete, newline, _ = reply.text.rpartition("\n")
    if not newline:
        raise _UnparsedError("the reply was cut off; raise the limit of the reply's length")
    return complete


def _unparsed(reason: str) -> Judgement:
    return Judgement(ScoreOutcome.UNPARSED, reason=reason)


def _measured(rubric: Rubric, value: float, text: str) -> float:
    if not math.isfinite(value):
        # What stands beside it may say why, and what to do.
        said = " ".join(text[:_SHOWN_CHARACTERS].split())
        raise _UnparsedError(
            f"the reward model's value is no finite number{f' ({said})' if said else ''}"
        )
    # An expected value is a sum of 32-bit floats: at the ends it may miss the range by rounding.
    nearest = min(max(value, rubric.minimum), rubric.maximum)
    if abs(value - nearest) <= _ROUNDING * (rubric.maximum - rubric.minimum):
        return float(nearest)
    _check_range(rubric, [value])
    return float(value)


def _parsed(rubric: Rubric, text: str) -> float:
    if not text.strip():
        raise _UnparsedError("the reply is empty")
    if len(text) > MAX_CHARACTERS:
        raise _UnparsedError(
            f"the reply has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read"
        )
    prepared = prepare(text)
    if rubric.parser in ("list_min", "list_mean"):
        return _of_list(rubric, _single_list(rubric, prepared))
    if rubric.parser == "yes_no":
        found, missing = find_answers(prepared), "no yes or no is given as the answer"
    else:
        found = find_numbers(prepared, maximum=rubric.maximum)
        missing = "no number is given as the score"
    if found.problems:
        raise _UnparsedError(found.problems[0])
    different = sorted(set(found.values))
    if not different:
        raise _UnparsedError(missing)
    if len(different) > 1:
        raise _UnparsedError(f"different scores are given: {_listed(different)}")
    _check_range(rubric, different)
    return different[0]


def _single_list(rubric: Rubric, prepared: ReplyText) -> tuple[float, ...]:
    found = find_lists(prepared, maximum=rubric.maximum)
    if found.problems:
        raise _UnparsedError(found.problems[0])
    different = list(dict.fromkeys(found.values))
    if not different:
        raise _UnparsedError("no list of numbers is given as the scores")
    if len(different) > 1:
        raise _UnparsedError("different lists of scores are given")
    numbers = different[0]
    if rubric.list_length is not None and len(numbers) != rubric.list_length:
        raise _UnparsedError(f"expected a list of {rubric.list_length} numbers, got {len(numbers)}")
    return numbers


def _of_list(rubric: Rubric, numbers: tuple[float, ...]) -> float:
    # Each number, not only what is made of them: a mean would hide the one outside.
    _check_range(rubric, numbers)
    if rubric.parser == "list_min":
        return min(numbers)
    mean = math.fsum(number / len(numbers) for number in numbers)
    # A mean lies between least and greatest number; rounding must not carry it past them.
    return min(max(mean, min(numbers)), max(numbers))


def _check_range(rubric: Rubric, numbers: Sequence[float]) -> None:
    for number in numbers:
        if not rubric.minimum <= number <= rubric.maximum:
            raise _OutOfRangeError(
                f"{number:g} is outside {rubric.minimum:g} to {rubric.maximum:g}"
            )


def _listed(numbers: Sequence[float]) -> str:
    shown = ", ".join(f"{number:g}" for number in numbers[:4])
    return f"{shown}, …" if len(numbers) > 4 else shown
