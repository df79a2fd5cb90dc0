"""Figures of a run, kept up as results come in: eight bytes a score."""

import math
import statistics
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from editgauge.core.hooks.events import CategoryFigures, Count, Figures
from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult


@dataclass(slots=True)
class _Group:
    selected: int = 0
    judged: int = 0
    scores: "array[float]" = field(default_factory=lambda: array("d"))

    def figures(self) -> Figures:
        # More are judged than selected only where a dataset has changed, whose run is refused.
        return figures_of(self.scores, samples=max(self.selected, self.judged))


def figures_of(scores: "array[float] | list[float]", *, samples: int) -> Figures:
    """Return the figures of a group of samples, of which some have a score."""
    if not scores:
        return Figures(samples, 0, None, None, None, None, None)
    mean = math.fsum(scores) / len(scores)
    std = statistics.stdev(scores) if len(scores) > 1 else None
    reach = None if std is None else _reach(std, len(scores))
    return Figures(
        samples=samples,
        scored=len(scores),
        mean=mean,
        std=std,
        median=statistics.median(scores),
        minimum=min(scores),
        maximum=max(scores),
        low=None if reach is None else mean - reach,
        high=None if reach is None else mean + reach,
    )


def _reach(std: float, scores: int) -> float:
    """Return how far the 95 % interval of the mean reaches to either side.

    Student's t for n - 1 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods,
    section 1.3.5.2, https://www.itl.nist.gov/div898/handbook/eda/section3/eda352.htm.
    """
    # Half a second to import, so not before there is something to compute.
    from scipy.special import stdtrit

    return float(stdtrit(scores - 1, 0.975)) * std / math.sqrt(scores)


class Tally:
    """Counts outcomes and keeps scores, for all samples and per category."""

    def __init__(self, categories: Iterable[tuple[str, int]], *, one_range: bool = True) -> None:
        """Start with nothing counted.

        Args:
            categories: all categories with their numbers of selected samples, in order of first
                appearance; what is not judged yet is missing from the coverage.
            one_range: whether every rubric has the same range; if not, there is no mean over
                categories.
        """
        self.one_range = one_range
        self.edit_outcomes: Counter[EditOutcome] = Counter()
        self.score_outcomes: Counter[ScoreOutcome] = Counter()
        self._categories = {category: _Group(number) for category, number in categories}
        self._all = _Group(sum(group.selected for group in self._categories.values()))
        self._sum = 0.0

    def add(self, result: EditResult | ScoreResult) -> None:
        """Count a result of either stage."""
        if isinstance(result, EditResult):
            self.add_edit(result)
        else:
            self.add_score(result)

    def add_edit(self, result: EditResult) -> None:
        """Count an edit."""
        self.edit_outcomes[result.outcome] += 1

    def add_score(self, result: ScoreResult) -> None:
        """Count a judgement."""
        self.score_outcomes[result.outcome] += 1
        groups = (self._all, self._categories.setdefault(result.category, _Group()))
        for group in groups:
            group.judged += 1
        if result.outcome is ScoreOutcome.OK and result.score is not None:
            self._sum += result.score
            for group in groups:
                group.scores.append(result.score)

    @property
    def mean(self) -> float | None:
        """The mean score so far, or None if there is none."""
        scored = len(self._all.scores)
        return self._sum / scored if scored and self.one_range else None

    def figures(self) -> Figures | None:
        """Return the figures of all samples, or None over rubrics of different range."""
        return self._all.figures() if self.one_range else None

    def categories(self) -> tuple[CategoryFigures, ...]:
        """Return the figures of each category, in order; none before anything is judged."""
        if not self._all.judged:
            return ()
        return tuple(
            CategoryFigures(category, group.figures())
            for category, group in self._categories.items()
        )

    def failures(self, *, scoring: bool) -> int:
        """Return the number of samples that are not `ok`; a sample counts once."""
        failed_edits = sum(
            number for outcome, number in self.edit_outcomes.items() if outcome != EditOutcome.OK
        )
        if not scoring:
            return failed_edits
        # A failed edit counts once: its judgement, `not_edited`, adds nothing.
        return failed_edits + sum(
            number
            for outcome, number in self.score_outcomes.items()
            if outcome not in (ScoreOutcome.OK, ScoreOutcome.NOT_EDITED)
        )


def counts(counter: Counter[EditOutcome] | Counter[ScoreOutcome]) -> tuple[Count, ...]:
    """Return outcomes that occurred with their numbers, the most frequent first."""
    return tuple(Count(str(outcome), number) for outcome, number in counter.most_common())
