"""GEdit-Bench as it is published: parquet files, one row for each picture and instruction."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import editgauge
import pyarrow
import pyarrow.parquet
from editgauge import BadRow, DatasetError, Sample, Selection

from editgauge_gedit.config import GEditBenchConfig

_ROWS_AT_ONCE = 8
"""Rows hold whole pictures: memory does not grow with the file."""


class GEditBench(editgauge.Dataset):
    """One sample a row; the category is the task type, the id `TASK/LANGUAGE/KEY`."""

    config: GEditBenchConfig

    def check(self) -> None:
        """Find the files, and look whether they have the columns."""
        for path in self._paths():
            self._columns(path)

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        """Yield each wanted sample and each bad row; rows of another language are no samples."""
        index = -1
        for path in self._paths():
            for row in _rows(path, self._columns(path)):
                index += 1
                if self._is_asked_for(row):
                    yield from self._samples(row, index, path, selection, image_folder)

    def _is_asked_for(self, row: dict[str, Any]) -> bool:
        wanted = ("en", "cn") if self.config.language == "both" else (self.config.language,)
        # A row with a language that does not exist is a bad row, not another language's.
        language = row["instruction_language"]
        return (language in wanted or language not in ("en", "cn")) and not (
            self.config.intersection_only and row["Intersection_exist"] is False
        )

    def _samples(
        self,
        row: dict[str, Any],
        index: int,
        path: Path,
        selection: Selection,
        image_folder: Path,
    ) -> Iterator[Sample | BadRow]:
        """Yield the sample of a row if it is wanted, or why there is none."""
        where = f"row {index} ({path.name}, key {row['key']!r})"
        texts = {name: row[name] for name in ("key", "task_type", "instruction")}
        empty = [name for name, text in texts.items() if not isinstance(text, str) or not text]
        if row["instruction_language"] not in ("en", "cn"):
            empty.append("instruction_language (en or cn)")
        if empty:
            yield BadRow(index=index, where=where, reason=f"expected a text in {', '.join(empty)}")
            return
        category = texts["task_type"]
        sample_id = f"{category}/{row['instruction_language']}/{texts['key']}"
        if not selection.wants(index=index, sample_id=sample_id, category=category):
            return
        try:
            data = _encoded(row[self.config.image])
            image = editgauge.store_image(data, image_folder, editgauge.safe_name(sample_id))
        except editgauge.ImageError as error:
            yield BadRow(index=index, where=where, reason=f"{self.config.image}: {error}")
            return
        yield Sample(
            id=sample_id,
            index=index,
            images=(str(image),),
            instruction=texts["instruction"],
            category=category,
        )

    def _paths(self) -> list[Path]:
        path = Path(self.config.path).expanduser().absolute()
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise DatasetError(f"there is no file or folder {path}")
        found = sorted(path.glob("*.parquet"))
        if not found:
            raise DatasetError(f"the folder {path} has no parquet files (NAME.parquet) in it")
        return found

    def _columns(self, path: Path) -> list[str]:
        columns = ["key", "task_type", "instruction", "instruction_language", self.config.image]
        if self.config.intersection_only:
            columns.append("Intersection_exist")
        try:
            there = pyarrow.parquet.read_schema(path).names
        except (OSError, pyarrow.ArrowException) as error:
            raise DatasetError(f"{path} is no parquet file that can be read: {error}") from error
        missing = [name for name in columns if name not in there]
        if missing:
            raise DatasetError(
                f"{path} has no column {', '.join(missing)}; a file of GEdit-Bench has it. "
                f"Its columns: {', '.join(there)}"
            )
        return columns


def _rows(path: Path, columns: list[str]) -> Iterator[dict[str, Any]]:
    try:
        file = pyarrow.parquet.ParquetFile(path)
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
            yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from error


def _encoded(value: Any) -> bytes:
    """Return the bytes of an image's file; published tables wrap them as `{bytes, path}`."""
    data = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(data, bytes):
        raise editgauge.ImageError("expected the bytes of an image file")
    return data
