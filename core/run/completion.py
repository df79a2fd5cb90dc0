"""Which samples have left which stage, and of which images their edits are: 34 bytes a row."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

from editgauge.core.judging.rubrics import ImageRole
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


_DIGEST_BYTES = 16


class Completion:
    """Keeps, by row number, how far each sample got."""

    def __init__(self, rows: int) -> None:
        """Start with nothing done of a dataset of `rows` rows."""
        self._edits = bytearray(rows)
        self._scores = bytearray(rows)
        self._images: dict[ImageRole, bytearray] = {
            "source": bytearray(_DIGEST_BYTES * rows),
            "edited": bytearray(_DIGEST_BYTES * rows),
        }

    def add(self, result: EditResult | ScoreResult) -> None:
        """Note that a sample left a stage."""
        if isinstance(result, ScoreResult):
            self._scores[result.index] = 1
        elif result.outcome is EditOutcome.OK:
            self._edits[result.index] = _Edit.HAS_IMAGE
            self._images["source"][_place(result.index)] = _digest(result.sources_sha256)
            self._images["edited"][_place(result.index)] = _digest((result.image_sha256,))
        else:
            self._edits[result.index] = _Edit.HAS_NO_IMAGE

    def is_of_edit(self, index: int, role: ImageRole, digests: Sequence[str]) -> bool:
        """Return whether a sample's edit was made of images, or is an image, with these digests."""
        return self._images[role][_place(index)] == _digest(digests)

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


def _place(index: int) -> slice:
    return slice(index * _DIGEST_BYTES, (index + 1) * _DIGEST_BYTES)


def _digest(digests: Sequence[str | None]) -> bytes:
    """Return a digest of digests, which takes the same place however many they are."""
    text = json.dumps(list(digests)).encode("ascii")
    return hashlib.sha256(text).digest()[:_DIGEST_BYTES]


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
