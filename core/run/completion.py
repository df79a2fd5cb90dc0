"""Which samples have left which stage: two bytes a row."""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from editgauge.core.outcomes import EditOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.store import RunDirectoryError, RunStore, read_results
from editgauge.core.run.summary import Tally
from editgauge.core.samples import Sample
from editgauge.core.text import counted


class _Edit(IntEnum):
    OPEN = 0
    HAS_IMAGE = 1
    HAS_NO_IMAGE = 2


class Completion:
    """Keeps, by row number, how far each sample got."""

    def __init__(self, rows: int) -> None:
        """Start with nothing done of a dataset of `rows` rows."""
        self._edits = bytearray(rows)
        self._scores = bytearray(rows)

    def add(self, result: EditResult | ScoreResult) -> None:
        """Note that a sample left a stage."""
        if isinstance(result, ScoreResult):
            self._scores[result.index] = 1
        elif result.outcome is EditOutcome.OK:
            self._edits[result.index] = _Edit.HAS_IMAGE
        else:
            self._edits[result.index] = _Edit.HAS_NO_IMAGE

    def done(self) -> tuple[int, int]:
        """Return how many samples left the edit stage and the score stage."""
        return len(self._edits) - self._edits.count(_Edit.OPEN), self._scores.count(1)

    def to_edit(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield the samples that have not left the edit stage."""
        return (sample for sample in samples if self._edits[sample.index] == _Edit.OPEN)

    def to_score(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield the samples that have an edited image and have not left the score stage."""
        return self._not_scored(samples, _Edit.HAS_IMAGE)

    def not_edited(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """Yield the samples that have no edited image and have not left the score stage."""
        return self._not_scored(samples, _Edit.HAS_NO_IMAGE)

    def _not_scored(self, samples: Iterable[Sample], edit: _Edit) -> Iterator[Sample]:
        return (
            sample
            for sample in samples
            if self._edits[sample.index] == edit and not self._scores[sample.index]
        )


def completion_so_far(store: RunStore, rows: int, tally: Tally) -> Completion:
    """Return how far the samples of an earlier run got, and count their results.

    Args:
        store: the run directory.
        rows: rows of the dataset.
        tally: takes the results.

    Raises:
        RunDirectoryError: the results are damaged, or of a sample that the dataset has not.
    """
    completion = Completion(rows)
    for result in read_results(store.folder):
        if result.index >= rows:
            raise RunDirectoryError(
                f"{store.folder / 'results.jsonl'} has a row of sample {result.index}, and the "
                f"dataset has {counted(rows, 'row')}"
            )
        completion.add(result)
        tally.add(result)
    return completion
