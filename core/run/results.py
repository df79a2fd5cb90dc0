"""One row of `results.jsonl`: what became of a sample in a stage."""

import math
from dataclasses import asdict, dataclass, fields
from types import NoneType
from typing import Any, Self

from editgauge.core.outcomes import EditOutcome, ScoreOutcome, Stage
from editgauge.core.text import shorten


class RowError(ValueError):
    """A row of `results.jsonl` is not one that editgauge writes."""


_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "category", "reason", "worker", "key", "instruction"), (str,)),
    **dict.fromkeys(("rubric", "score_by", "sources", "sources_sha256"), (str,)),
    **dict.fromkeys(("image", "image_sha256", "reply"), (str, NoneType)),
    **dict.fromkeys(("attempt", "seed"), (int,)),
    **dict.fromkeys(("width", "height"), (int, NoneType)),
    **dict.fromkeys(("minimum", "maximum"), (int, float, NoneType)),
    "seconds": (int, float),
    "truncated": (bool,),
}
"""What a field of a row may hold, or each item of one that holds several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What the rows of both stages share."""

    id: str
    index: int
    category: str
    reason: str
    seconds: float
    attempt: int
    worker: str
    key: str = ""

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Self:
        """Return the result that a row holds; keys that are not known are left out.

        Raises:
            RowError: a key is missing or of another type, or `index` is no row number.
        """
        names = {field.name for field in fields(cls)}
        try:
            result = cls(**{name: value for name, value in row.items() if name in names})
        except (TypeError, ValueError) as error:
            raise RowError(f"not a result: {error}") from error
        # What counts from its end, or as two rows at once, would hide a sample that is not done.
        if type(result.index) is not int or result.index < 0:
            raise RowError(f"not a result: 'index' should be a row number, not {result.index!r}")
        for name in names & _KINDS.keys():
            value = getattr(result, name)
            items = value if isinstance(value, tuple) else (value,)
            if not all(type(item) in _KINDS[name] for item in items):
                raise RowError(f"not a result: {name!r} cannot be {shorten(repr(value), 80)}")
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class EditResult(_Result):
    """How a sample left the edit stage.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset.
        category: its category, or an empty string.
        outcome: only `ok` has an image.
        reason: why the outcome is not `ok`, or an empty string.
        image: the edited image, relative to the run directory, or None.
        width: of the edited image in pixels, or None.
        height: of the edited image in pixels, or None.
        instruction: what was asked for.
        sources: absolute paths of the source images.
        seed: the seed of this edit.
        seconds: time with the worker, last attempt.
        attempt: the attempt that decided, from 1.
        worker: the worker that decided, or an empty string.
        key: content key; the result holds as long as its key would be the same now.
        image_sha256: of the edited image's file, or None.
        sources_sha256: of each source image's file; `unreadable` for one that could not be read.
    """

    outcome: EditOutcome
    image: str | None = None
    width: int | None = None
    height: int | None = None
    instruction: str
    sources: tuple[str, ...]
    seed: int
    image_sha256: str | None = None
    sources_sha256: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Turn what came from JSON into its type."""
        object.__setattr__(self, "outcome", EditOutcome(self.outcome))
        object.__setattr__(self, "sources", tuple(self.sources))
        object.__setattr__(self, "sources_sha256", tuple(self.sources_sha256))

    def to_row(self) -> dict[str, Any]:
        """Return the row, `stage` first."""
        return {"stage": str(Stage.EDIT), **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult(_Result):
    """How a sample left the score stage.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset.
        category: its category, or an empty string.
        outcome: only `ok` has a score.
        reason: why the outcome is not `ok`, or an empty string.
        score: within `minimum` and `maximum`, or None.
        reply: the judge's words, whole, or None if there was no reply.
        truncated: whether the judge was cut off at the longest reply that is allowed.
        rubric: name of the rubric, or an empty string if nothing was asked.
        minimum: least possible score of the rubric, or None.
        maximum: greatest possible score of the rubric, or None.
        score_by: `text` or `logprobs`.
        seconds: time with the worker, last attempt.
        attempt: the attempt that decided, from 1; 0 if nothing was asked.
        worker: the worker that decided, or an empty string.
        key: content key; the result holds as long as its key would be the same now. Empty if
            nothing was asked.
    """

    outcome: ScoreOutcome
    score: float | None = None
    reply: str | None = None
    truncated: bool = False
    rubric: str = ""
    minimum: float | None = None
    maximum: float | None = None
    score_by: str

    def __post_init__(self) -> None:
        """Turn what came from JSON into its type."""
        object.__setattr__(self, "outcome", ScoreOutcome(self.outcome))

    def to_row(self) -> dict[str, Any]:
        """Return the row, `stage` first."""
        return {"stage": str(Stage.SCORE), **asdict(self)}


def result_from_row(row: Any) -> EditResult | ScoreResult:
    """Return the result that a row of `results.jsonl` holds.

    Raises:
        RowError: it is no row that editgauge writes, such as one with a score that is not `ok`.
    """
    stage = row.get("stage") if isinstance(row, dict) else None
    if stage == Stage.EDIT:
        return EditResult.from_row(row)
    if stage == Stage.SCORE:
        score = ScoreResult.from_row(row)
        _check_score(score)
        return score
    raise RowError(f"not a result: expected an object with stage 'edit' or 'score', got {stage!r}")


def _check_score(result: ScoreResult) -> None:
    if result.outcome is not ScoreOutcome.OK:
        if result.score is not None:
            raise RowError(f"not a result: {result.score!r} as the score of '{result.outcome}'")
    elif type(result.score) not in (int, float) or not math.isfinite(result.score or 0):
        raise RowError(f"not a result: 'score' should be a finite number, not {result.score!r}")
