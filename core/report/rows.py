"""One row for each sample of a run: what became of it in both stages."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from editgauge.core.run.results import EditResult
from editgauge.core.run.selection import read_spool
from editgauge.core.run.store import RunDirectoryError, read_results


@dataclass(slots=True, kw_only=True)
class SampleRow:
    """What became of a sample; what is not known, or not done yet, is None.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset, from 0.
        category: its category, or an empty string.
        edit_outcome: how it left the edit stage.
        score_outcome: how it left the score stage.
        score: its score.
        reason: why it is not `ok`, or an empty string.
        edit_seconds: time with the edit worker, last attempt.
        score_seconds: time with the judge, last attempt.
        image: the edited image, relative to the run directory.
    """

    id: str
    index: int
    category: str
    edit_outcome: str | None = None
    score_outcome: str | None = None
    score: float | None = None
    reason: str = ""
    edit_seconds: float | None = None
    score_seconds: float | None = None
    image: str | None = None


COLUMNS: dict[str, type] = {
    field.name: kind
    for field, kind in zip(
        fields(SampleRow),
        (str, int, str, str, str, float, str, float, float, str),
        strict=True,
    )
}
"""The fields of a row with their types, each of which may be None."""


def sample_rows(folder: Path) -> Iterator[SampleRow]:
    """Yield a row for each selected sample, in row order, also for those that were not reached.

    Raises:
        RunDirectoryError: a file of the run is missing or damaged.
    """
    rows: dict[int, SampleRow] = {}
    spool = folder / "samples.jsonl"
    if spool.exists():
        try:
            for sample in read_spool(spool):
                rows[sample.index] = SampleRow(
                    id=sample.id, index=sample.index, category=sample.category
                )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunDirectoryError(
                f"{spool} cannot be read: {type(error).__name__}: {error}"
            ) from error
    if (folder / "results.jsonl").exists():
        for result in read_results(folder):
            row = rows.setdefault(
                result.index,
                SampleRow(id=result.id, index=result.index, category=result.category),
            )
            if isinstance(result, EditResult):
                row.edit_outcome, row.edit_seconds = str(result.outcome), result.seconds
                row.image = result.image
                row.reason = result.reason or row.reason
            else:
                row.score_outcome, row.score_seconds = str(result.outcome), result.seconds
                row.score = None if result.score is None else float(result.score)
                row.reason = row.reason or result.reason
    for index in sorted(rows):
        yield rows[index]
