"""Which samples have left which stage: two bytes a row."""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from editgauge.core.outcomes import EditOutcome, ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.selection import read_spool
from editgauge.core.run.store import RunStore, read_last_results
from editgauge.core.run.summary import Tally
from editgauge.core.samples import Sample


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

    def has_failed_edit(self, index: int) -> bool:
        """Return whether a sample left the edit stage without an image."""
        return self._edits[index] == _Edit.HAS_NO_IMAGE

    def reopen(self, sample: Sample) -> None:
        """Forget that a sample left the edit stage: it is edited again."""
        self._edits[sample.index] = _Edit.OPEN

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


def completion_so_far(
    store: RunStore, rows: int, tally: Tally, *, retry_failed: bool = False
) -> tuple[Completion, int]:
    """Return how far the samples of an earlier run got, and count their results.

    An edit that is still to be scored, but whose image is gone, is made again.

    Args:
        store: the run directory.
        rows: rows of the dataset.
        tally: takes the results.
        retry_failed: take samples that are not `ok` as not done; a failed edit's judgement, too.

    Returns:
        The completion, and the number of edits that are made again because their image is gone.

    Raises:
        RunDirectoryError: the results are damaged.
        OSError: the samples cannot be read.
    """
    completion, missing = Completion(rows), 0
    for result in read_last_results(store.folder, rows):
        if isinstance(result, EditResult) and (
            result.outcome is EditOutcome.OK or not retry_failed
        ):
            completion.add(result)
            tally.add(result)
    for result in read_last_results(store.folder, rows):
        if isinstance(result, ScoreResult) and _still_holds(result, completion, retry_failed):
            completion.add(result)
            tally.add(result)
    for sample in completion.to_score(read_spool(store.spool)):
        if not store.image_path(sample).exists():
            completion.reopen(sample)
            tally.forget_edit(EditOutcome.OK)
            missing += 1
    return completion, missing


def _still_holds(result: ScoreResult, completion: Completion, retry_failed: bool) -> bool:
    """Return whether a judgement is of the edit that the sample has now, and is not retried."""
    if result.outcome is ScoreOutcome.NOT_EDITED:
        return completion.has_failed_edit(result.index)
    return result.outcome is ScoreOutcome.OK or not retry_failed
