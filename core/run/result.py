"""What a run gives back to Python."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.hooks.bus import Failure, Undelivered
from editgauge.core.hooks.events import CategoryFigures, Figures
from editgauge.core.outcomes import EditOutcome, RunStatus, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.store import read_results


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """What became of one sample.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset.
        edit: how it left the edit stage, or None if it did not.
        score: how it left the score stage, or None if it did not.
    """

    id: str
    index: int
    edit: EditResult | None
    score: ScoreResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The end of a run.

    Attributes:
        status: `finished`, `failed` or `interrupted`.
        exit_code: what the command would exit with; 0 if every sample is `ok`.
        run_dir: the run directory.
        samples: samples selected.
        edit_outcomes: samples per outcome of the edit stage.
        score_outcomes: samples per outcome of the score stage.
        figures: scores of all samples; None if nothing was scored, or if rubrics differ in range.
        categories: figures per category, in order of first appearance.
        seconds: duration.
        reason: why the run did not finish, or an empty string.
        advice: how to go on, or an empty string.
        reporter_failures: reporters that raised, and were muted.
        undelivered: events that reporters did not get in time.
    """

    status: RunStatus
    exit_code: int
    run_dir: Path
    samples: int
    edit_outcomes: dict[EditOutcome, int]
    score_outcomes: dict[ScoreOutcome, int]
    figures: Figures | None
    categories: tuple[CategoryFigures, ...]
    seconds: float
    reason: str = ""
    advice: str = ""
    reporter_failures: tuple[Failure, ...] = ()
    undelivered: tuple[Undelivered, ...] = ()

    def results(self) -> Iterator[SampleResult]:
        """Yield every sample that left a stage, in row order, read from `results.jsonl`.

        Raises:
            RunDirectoryError: the file is missing or damaged.
        """
        return sample_results(self.run_dir)


def sample_results(run_dir: Path) -> Iterator[SampleResult]:
    """Yield the samples of a run directory, in row order; of several rows the last one counts.

    Raises:
        RunDirectoryError: `results.jsonl` is missing or damaged.
    """
    edits: dict[int, EditResult] = {}
    scores: dict[int, ScoreResult] = {}
    for result in read_results(run_dir):
        if isinstance(result, EditResult):
            edits[result.index] = result
        else:
            scores[result.index] = result
    for index in sorted(edits.keys() | scores.keys()):
        edit, score = edits.get(index), scores.get(index)
        result_id = edit.id if edit is not None else scores[index].id
        yield SampleResult(id=result_id, index=index, edit=edit, score=score)
