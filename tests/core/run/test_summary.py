import statistics
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.summary import Tally, counts, figures_of


def judged(
    value: float | None, category: str = "", outcome: ScoreOutcome = ScoreOutcome.OK
) -> ScoreResult:
    return ScoreResult(
        id="s",
        index=0,
        category=category,
        reason="",
        seconds=0.0,
        attempt=1,
        worker="w",
        outcome=outcome,
        score=value,
        score_by="text",
    )


def edited(outcome: EditOutcome) -> EditResult:
    return EditResult(
        id="s",
        index=0,
        category="",
        reason="",
        seconds=0.0,
        attempt=1,
        worker="w",
        outcome=outcome,
        instruction="",
        sources=(),
        seed=0,
    )


@given(st.lists(st.floats(0, 10), min_size=2, max_size=50))
def test_figures_are_those_of_the_statistics_module(scores: list[float]) -> None:
    figures = figures_of(scores, samples=len(scores) + 3)
    assert figures.samples == len(scores) + 3
    assert figures.scored == len(scores)
    assert figures.mean == pytest.approx(statistics.fmean(scores))
    assert figures.std == pytest.approx(statistics.stdev(scores))
    assert figures.median == pytest.approx(statistics.median(scores))
    assert (figures.minimum, figures.maximum) == (min(scores), max(scores))


def test_nothing_scored_gives_no_numbers_and_one_score_no_deviation() -> None:
    assert figures_of([], samples=4) == (4, 0, *[None] * 7)
    alone = figures_of([7.0], samples=1)
    assert (alone.std, alone.low, alone.high) == (None, None, None)


@pytest.mark.parametrize(
    ("scores", "low", "high"),
    [
        # Student's own sleep data, "The probable error of a mean" (1908): 0.75 +/- 1.28 hours.
        ([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0], -0.5297804, 2.0297804),
        # t is 12.706 for one degree of freedom.
        ([6.0, 8.0], 7 - 12.7062047, 7 + 12.7062047),
        ([5.0, 5.0, 5.0], 5.0, 5.0),
    ],
)
def test_the_interval_of_the_mean_is_students(scores: list[float], low: float, high: float) -> None:
    figures = figures_of(scores, samples=len(scores))
    assert figures.low == pytest.approx(low, abs=1e-6)
    assert figures.high == pytest.approx(high, abs=1e-6)


def test_a_run_that_has_nothing_to_compute_does_not_import_scipy() -> None:
    code = (
        "import sys; from editgauge.core.run.summary import figures_of;"
        "figures_of([], samples=1); figures_of([1.0], samples=1);"
        "sys.exit('scipy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_ok_counts_as_scored_and_coverage_counts_all_selected() -> None:
    # One of each has not left the stage: it lacks a score, too.
    tally = Tally([("a", 4), ("b", 2)])
    tally.add(judged(8.0, "a"))
    tally.add(judged(6.0, "a"))
    tally.add(judged(None, "a", ScoreOutcome.UNPARSED))
    # A number that is out of range stands in the reply, never in the mean.
    tally.add(judged(40.0, "b", ScoreOutcome.OUT_OF_RANGE))
    assert tally.mean == 7.0
    figures = tally.figures()
    assert figures is not None
    assert (figures.samples, figures.scored, figures.mean) == (6, 2, 7.0)
    by_category = {entry.category: entry.figures for entry in tally.categories()}
    assert by_category["a"].samples == 4
    assert (by_category["b"].samples, by_category["b"].scored) == (2, 0)
    assert by_category["b"].mean is None


def test_categories_keep_their_order_and_are_all_shown_once_anything_is_judged() -> None:
    tally = Tally([("late", 1), ("early", 1), ("never", 3)])
    assert tally.categories() == ()
    tally.add(judged(1.0, "early"))
    tally.add(judged(2.0, "late"))
    assert [entry.category for entry in tally.categories()] == ["late", "early", "never"]


def test_over_rubrics_of_different_range_there_is_no_mean() -> None:
    tally = Tally([("a", 1), ("b", 1)], one_range=False)
    tally.add(judged(1.0, "a"))
    tally.add(judged(8.0, "b"))
    assert tally.mean is None
    assert tally.figures() is None
    assert [entry.figures.mean for entry in tally.categories()] == [1.0, 8.0]


def test_a_sample_counts_once_as_a_failure() -> None:
    tally = Tally(())
    tally.add(edited(EditOutcome.FAILED))
    tally.add(edited(EditOutcome.OK))
    tally.add(edited(EditOutcome.OK))
    tally.add(judged(None, outcome=ScoreOutcome.NOT_EDITED))
    tally.add(judged(None, outcome=ScoreOutcome.UNPARSED))
    tally.add(judged(5.0))
    assert tally.failures(scoring=True) == 2
    assert tally.failures(scoring=False) == 1
    assert counts(tally.edit_outcomes) == (("ok", 2), ("failed", 1))
