"""What the report's tables say: figures per category, counted states, distributions of scores."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from editgauge.core.hooks.events import Figures, RunFinished
from editgauge.core.run.summary import figures_of
from editgauge.reporters.html.plots import Histogram, draw_histogram, histogram_of
from editgauge.reporters.html.samples import ShownSample
from editgauge.reporters.html.states import GOOD, LABELS, NOT_EDITED, OPEN, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """One row of the table, and the plot beside it.

    Attributes:
        number: position of the category, from 0; None for all samples.
        name: the category, raw.
        figures: its scores.
        edited: samples with an edited image.
        missing: samples without a good result.
        low: least possible score, or None if rubrics differ or nothing was scored.
        high: greatest possible score, or None.
        histogram: its scores counted, or None if there are none.
    """

    number: int | None
    name: str
    figures: Figures
    edited: int
    missing: int
    low: float | None = None
    high: float | None = None
    histogram: Histogram | None = None

    def plot(self, *, most: float) -> str:
        """Return the distribution as SVG; `most` is the share that fills the height."""
        if self.histogram is None:
            return ""
        return draw_histogram(
            self.histogram, most=most, mean=self.figures.mean, interval=self.interval
        )

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean, or None where there is none (below two scores)."""
        low, high = self.figures.low, self.figures.high
        return None if low is None or high is None else (low, high)


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many (`number`) samples are in a `state`; `kind` is `good`, `bad` or `open`."""

    state: State
    label: str
    kind: str
    number: int


def category_rows(
    samples: Sequence[ShownSample], finished: RunFinished, categories: Sequence[str]
) -> list[CategoryRow]:
    """Return a row per category, in their order, and one for all samples at the end.

    Figures are those of the run's last event; they are counted from the samples only where it has
    none, because the run ended before anything was judged.
    """
    told = {group.category: group.figures for group in finished.categories}
    groups: dict[str, list[ShownSample]] = {category: [] for category in categories}
    for sample in samples:
        groups.setdefault(sample.category, []).append(sample)
    rows = [
        _row(number, name, group, told.get(name))
        for number, (name, group) in enumerate(groups.items())
    ]
    if len(rows) != 1:
        rows.append(_row(None, "", samples, finished.figures))
    return rows


def _row(
    number: int | None, name: str, samples: Sequence[ShownSample], told: Figures | None
) -> CategoryRow:
    scores = [float(sample.score) for sample in samples if sample.score is not None]
    ranges = {(s.minimum, s.maximum) for s in samples if s.score is not None}
    low, high = ranges.pop() if len(ranges) == 1 else (None, None)
    # Over rubrics of different range there is no mean, and the event says none.
    figures = told or figures_of([], samples=len(samples))._replace(scored=len(scores))
    histogram = None
    if scores and low is not None and high is not None:
        histogram = histogram_of(scores, low, high)
    return CategoryRow(
        number=number,
        name=name,
        figures=figures,
        edited=sum(sample.state not in NOT_EDITED for sample in samples),
        missing=sum(sample.state not in GOOD for sample in samples),
        low=low,
        high=high,
        histogram=histogram,
    )


def highest_share(rows: Iterable[CategoryRow]) -> float:
    """Return the share of the fullest bin of all plots."""
    return max((row.histogram.most for row in rows if row.histogram is not None), default=0.0)


def state_counts(samples: Iterable[ShownSample]) -> list[StateCount]:
    """Return the states that occur, in the order of `State`."""
    counts = Counter(sample.state for sample in samples)
    return [
        StateCount(state, LABELS[state], kind_of(state), counts[state])
        for state in State
        if counts[state]
    ]


def kind_of(state: State) -> str:
    """Return `good`, `bad` or `open`."""
    return "good" if state in GOOD else "open" if state in OPEN else "bad"
