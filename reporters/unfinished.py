"""What a report says of the end of a run whose recording ends before the run did.

Nobody knows how such a run ended, or whether it goes on. So nothing is told to reporters as an
event; a report that is written at the end takes these figures of what it shows anyway.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from editgauge.core.hooks.events import (
    CategoryFigures,
    Count,
    Event,
    Figures,
    RunFinished,
    RunStarted,
    StageStarted,
)
from editgauge.core.run.manifest import selection_of
from editgauge.core.run.results import ScoreResult
from editgauge.core.run.selection import SelectionResult
from editgauge.core.run.store import RunDirectoryError, read_manifest, read_results
from editgauge.core.run.summary import figures_of

UNFINISHED = "unfinished"
"""The status of such a run in a report; no event and no `run.json` has it."""
REASON = (
    "This report is partial: the recording ends before the run did. The run goes on, or was "
    "killed, or the rest of the recording is damaged."
)


class Reached(NamedTuple):
    """How far a sample of a `category` came: its outcomes, empty where it left no stage."""

    category: str
    edit: str = ""
    score: str = ""
    value: float | None = None


class EventsSoFar:
    """Keeps what a partial report needs of the events: the last one, and the range of scores."""

    def __init__(self, run_dir: Path) -> None:
        """Know nothing yet; `run_dir` may have the selection, and the ranges of earlier scores."""
        self._run_dir = run_dir
        self._last: Event | None = None
        self._score_stage: StageStarted | None = None

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        self._last = event
        if isinstance(event, RunStarted):
            self._score_stage = None
        elif isinstance(event, StageStarted) and event.stage == "score":
            self._score_stage = event

    def end(self, samples: Iterable[Reached]) -> RunFinished | None:
        """Return what a report shows for the end, or None if no event was heard.

        Args:
            samples: those that the report knows, reached or not.
        """
        if self._last is None:
            return None
        samples = list(samples)
        selection = self._selection()
        groups: dict[str, list[Reached]] = {name: [] for name, _ in selection.categories}
        for sample in samples:
            groups.setdefault(sample.category, []).append(sample)
        selected = dict(selection.categories)
        total = max(selection.samples, len(samples))
        judged = any(sample.score for sample in samples)
        return RunFinished(
            status=UNFINISHED,
            exit_code=0,
            samples=total,
            edit_outcomes=_counts(sample.edit for sample in samples),
            score_outcomes=_counts(sample.score for sample in samples),
            figures=_figures(samples, total) if judged and self._has_one_range() else None,
            categories=tuple(
                CategoryFigures(name, _figures(group, max(selected.get(name, 0), len(group))))
                for name, group in groups.items()
            )
            if judged
            else (),
            seconds=self._last.elapsed,
            reason=REASON,
            skipped_rows=selection.skipped,
            elapsed=self._last.elapsed,
            run_id=self._last.run_id,
            time=self._last.time,
        )

    def _selection(self) -> SelectionResult:
        try:
            found = selection_of(read_manifest(self._run_dir))
        except (RunDirectoryError, KeyError, TypeError, ValueError):
            found = None
        return found or SelectionResult(
            samples=0, rows=0, skipped=0, skipped_rows=(), categories=()
        )

    def _has_one_range(self) -> bool:
        if self._score_stage is not None:
            return self._score_stage.score_minimum is not None
        if not (self._run_dir / "results.jsonl").is_file():
            return False
        ranges = {
            (row.minimum, row.maximum)
            for row in read_results(self._run_dir)
            if isinstance(row, ScoreResult) and row.score is not None
        }
        return len(ranges) <= 1


def _counts(outcomes: Iterable[str]) -> tuple[Count, ...]:
    return tuple(Count(*pair) for pair in Counter(filter(None, outcomes)).most_common())


def _figures(samples: list[Reached], number: int) -> Figures:
    scores = [float(sample.value) for sample in samples if sample.value is not None]
    return figures_of(scores, samples=number)
