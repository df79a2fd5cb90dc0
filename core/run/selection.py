"""The one pass over a dataset: every row checked, the selected samples written to a file."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.core.datasets import BadRow, Dataset, DatasetError
from editgauge.core.images import ImageError, inspect_image
from editgauge.core.samples import Sample
from editgauge.core.text import counted, did_you_mean, dump_json, shorten
from editgauge.core.whole_files import make_folder, replacing, sync_tree

BAD_ROWS_SHOWN = 10
"""Bad rows that are collected before the dataset is refused."""
SKIPPED_ROWS_KEPT = 100
"""Skipped rows whose reasons are kept; all are counted."""
_NAMES_KEPT = 5_000
"""Ids that are remembered as text, for `did you mean`."""
_NAMES_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionResult:
    """What one pass over a dataset found.

    Attributes:
        samples: samples that were selected and written.
        rows: rows that were read, bad ones included; fewer than the dataset has if `limit`
            ended the reading.
        skipped: bad rows that were left out.
        skipped_rows: place and reason of the first `SKIPPED_ROWS_KEPT` of them.
        categories: name and number of selected samples, in order of first appearance.
    """

    samples: int
    rows: int
    skipped: int
    skipped_rows: tuple[str, ...]
    categories: tuple[tuple[str, int], ...]


class RowSelection:
    """Decides by category and id which rows are wanted, and finds double ids.

    Implements `editgauge.core.datasets.Selection`. Takes about 150 bytes a row.

    Attributes:
        rows: rows seen, bad ones included.
        categories: readable rows per category, selected or not, in order of first appearance.
    """

    def __init__(
        self, config: DatasetConfig, on_progress: Callable[[int], None] = lambda _rows: None
    ) -> None:
        """Take the wanted categories and ids from `config`; `limit` is not looked at.

        Args:
            config: the dataset's configuration.
            on_progress: called after every row with the number of rows seen.
        """
        self.rows = 0
        self.categories: dict[str, int] = {}
        self._wanted_categories = config.categories and frozenset(config.categories)
        self._wanted_ids = config.ids and frozenset(config.ids)
        self._missing_ids = dict.fromkeys(config.ids or ())
        self._names: list[str] = []
        self._first_rows: dict[bytes, int] = {}
        self._on_progress = on_progress

    def wants(self, *, index: int, sample_id: str, category: str) -> bool:
        """Return whether the row is selected; to be asked once for every readable row, in order.

        Raises:
            DatasetError: the id came before.
        """
        # Digests and not ids, which are of any length.
        digest = hashlib.blake2b(
            sample_id.encode("utf-8", "surrogatepass"), digest_size=16
        ).digest()
        first = self._first_rows.setdefault(digest, index)
        if first != index:
            raise DatasetError(
                f"the id {shorten(sample_id, 100)!r} comes twice, in rows {first} and {index} "
                "(counted from 0); every sample needs an id of its own"
            )
        self.categories[category] = self.categories.get(category, 0) + 1
        if self._wanted_ids:
            self._missing_ids.pop(sample_id, None)
            if len(self._names) < _NAMES_KEPT:
                self._names.append(sample_id)
        self.saw(index)
        return (not self._wanted_categories or category in self._wanted_categories) and (
            not self._wanted_ids or sample_id in self._wanted_ids
        )

    def saw(self, index: int) -> None:
        """Count a row that was read, for progress; `wants` does so by itself."""
        self.rows = max(self.rows, index + 1)
        self._on_progress(self.rows)

    def check_names(self, *, skipped: int) -> None:
        """Refuse requested categories and ids that never occurred; for the end of the dataset.

        Args:
            skipped: number of bad rows, which might have had them.

        Raises:
            DatasetError: one never occurred.
        """
        hint = f" {counted(skipped, 'bad row')} could not be looked at." if skipped else ""
        for name in self._wanted_categories or ():
            if name not in self.categories:
                known = [known for known in self.categories if known]
                shown = ", ".join(known[:_NAMES_SHOWN]) or "none"
                more = f" and {len(known) - _NAMES_SHOWN} more" * (len(known) > _NAMES_SHOWN)
                raise DatasetError(
                    f"no sample has the category {name!r}.{did_you_mean(name, known)} "
                    f"The dataset's categories: {shown}{more}.{hint}"
                )
        if self._missing_ids:
            name = next(iter(self._missing_ids))
            others = len(self._missing_ids) - 1
            more = f" (and {others} more of the ids asked for)" if others else ""
            raise DatasetError(
                f"no sample has the id {name!r}{more}.{did_you_mean(name, self._names)}{hint}"
            )


def select(
    dataset: Dataset,
    config: DatasetConfig,
    *,
    image_folder: Path,
    spool: Path,
    on_progress: Callable[[int], None],
    sync: bool = False,
) -> SelectionResult:
    """Read a dataset once and write its selected samples to `spool`, one JSON line each.

    The header of every source image is looked at. `spool` is replaced only when all went well.

    Args:
        dataset: the dataset.
        config: its configuration.
        image_folder: where images go that are not files of their own; it is made if missing.
        spool: the file to write.
        on_progress: called after every row with the number of rows read; it should be quick.
        sync: whether `spool` and the images are on the disk when this returns.

    Returns:
        What was found; `samples` may be 0.

    Raises:
        DatasetError: the dataset cannot be used, an id comes twice, a requested category or id
            never occurred, or there is a bad row and bad rows are not to be skipped.
        OSError: `spool` or an image cannot be written.
    """
    make_folder(image_folder, sync=sync)
    with replacing(spool, sync=sync) as file:
        result = _Pass(config, RowSelection(config, on_progress)).run(dataset, image_folder, file)
        if sync:
            # Before the file that refers to them has its name.
            sync_tree(image_folder)
    return result


def spool_digest(path: Path) -> str:
    """Return the SHA-256 of what `select` wrote.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_spool(path: Path) -> Iterator[Sample]:
    """Yield the samples that `select` wrote, one at a time, in row order.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Sample(**{**row, "images": tuple(row["images"])})


class _Pass:
    """The state of one pass."""

    def __init__(self, config: DatasetConfig, selection: RowSelection) -> None:
        self._selection = selection
        self._limit = config.limit
        self._skip = config.on_bad_row == "skip"
        self._samples = 0
        self._categories: dict[str, int] = {}
        self._bad = 0
        self._bad_rows: list[str] = []

    def run(self, dataset: Dataset, image_folder: Path, spool: IO[bytes]) -> SelectionResult:
        complete = self._read(dataset, image_folder, spool)
        if self._bad and not self._skip:
            raise DatasetError(self._bad_rows_text(complete=complete))
        if complete:
            self._selection.check_names(skipped=self._bad)
        return SelectionResult(
            samples=self._samples,
            rows=self._selection.rows,
            skipped=self._bad,
            skipped_rows=tuple(self._bad_rows),
            categories=tuple(self._categories.items()),
        )

    def _read(self, dataset: Dataset, image_folder: Path, spool: IO[bytes]) -> bool:
        """Return whether the dataset was read to its end."""
        rows = dataset.read(self._selection, image_folder)
        close = getattr(rows, "close", None)
        with contextlib.ExitStack() as stack:
            if close is not None:
                stack.callback(close)
            for row in rows:
                bad = row if isinstance(row, BadRow) else _bad_image(row)
                if bad is not None:
                    self._add_bad(bad)
                    if not self._skip and self._bad >= BAD_ROWS_SHOWN:
                        return False
                elif isinstance(row, Sample):
                    self._check_asked(row)
                    spool.write(f"{dump_json(_to_dict(row))}\n".encode())
                    self._samples += 1
                    self._categories[row.category] = self._categories.get(row.category, 0) + 1
                    if self._samples == self._limit:
                        return False
        return True

    def _check_asked(self, sample: Sample) -> None:
        if sample.index >= self._selection.rows:
            raise DatasetError(
                f"the dataset plugin gave row {sample.index} without asking whether it is wanted; "
                "it should call `selection.wants` for every readable row, in order"
            )

    def _add_bad(self, row: BadRow) -> None:
        self._bad += 1
        if len(self._bad_rows) < SKIPPED_ROWS_KEPT:
            self._bad_rows.append(f"{row.where}: {row.reason}")
        self._selection.saw(row.index)

    def _bad_rows_text(self, *, complete: bool) -> str:
        stopped = not complete and self._bad >= BAD_ROWS_SHOWN
        number = f"at least {self._bad} bad rows" if stopped else counted(self._bad, "bad row")
        rows = "".join(f"\n  {text}" for text in self._bad_rows)
        return (
            f"the dataset has {number}:{rows}\n"
            "Correct the dataset, or set `on_bad_row: skip` to leave such rows out and count them."
        )


def _bad_image(sample: Sample) -> BadRow | None:
    try:
        for image in sample.images:
            inspect_image(image)
    except ImageError as error:
        where = f"row {sample.index} ({shorten(sample.id, 60)!r})"
        return BadRow(index=sample.index, where=where, reason=f"source image: {error}")
    return None


def _to_dict(sample: Sample) -> dict[str, object]:
    return {
        "id": sample.id,
        "index": sample.index,
        "images": sample.images,
        "instruction": sample.instruction,
        "category": sample.category,
        "description": sample.description,
        "rationale": sample.rationale,
    }
