"""The values with fields of their own that events hold."""

from typing import NamedTuple


class Figures(NamedTuple):
    """Scores of a group of samples; the statistics are None if nothing was scored.

    Attributes:
        samples: samples in the group, scored or not.
        scored: samples with a score; `scored` of `samples` is the coverage.
        mean: mean of the scores.
        std: sample standard deviation (n - 1); None below two scores.
        median: median of the scores.
        minimum: least score.
        maximum: greatest score.
        low: lower end of the two-sided 95 % interval of the mean, by Student's t with `scored` - 1
            degrees of freedom; None below two scores. It may lie outside the range of scores.
        high: upper end of the same interval.
    """

    samples: int
    scored: int
    mean: float | None
    std: float | None
    median: float | None
    minimum: float | None
    maximum: float | None
    low: float | None = None
    high: float | None = None


class CategoryFigures(NamedTuple):
    """The `figures` of one `category`."""

    category: str
    figures: Figures


class Count(NamedTuple):
    """How many (`number`) samples left a stage with one outcome (`name`), or the like."""

    name: str
    number: int


class Version(NamedTuple):
    """A `package` that took part, and its `version`."""

    package: str
    version: str
