"""A dataset in a file with one JSON object a line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from editgauge.config_schemas.datasets import JsonlConfig
from editgauge.core.datasets import BadRow, Dataset, DatasetError, Selection
from editgauge.core.samples import Sample
from editgauge.plugins.datasets.fields import (
    FieldError,
    kind_of,
    optional_text,
    required_text,
)
from editgauge.plugins.datasets.files import UTF8_MARK, find_file, open_file

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is a bad row, so that a file without newlines does not fill the memory."""

_ADDRESS = re.compile(r"(https?|ftp|s3|gs|data):", re.IGNORECASE)


class JsonlDataset(Dataset):
    """One sample a line; empty lines do not count as rows."""

    config: JsonlConfig

    def check(self) -> None:
        """See `Dataset.check`."""
        find_file(self.config.path)

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:  # noqa: ARG002 - the images are files already
        """See `Dataset.read`."""
        path = find_file(self.config.path)
        with open_file(path) as file:
            for index, (number, line) in enumerate(_lines(file, path)):
                try:
                    sample = _sample(line, index, path.parent)
                except FieldError as error:
                    yield BadRow(index=index, where=f"line {number}", reason=str(error))
                    continue
                if selection.wants(index=index, sample_id=sample.id, category=sample.category):
                    yield sample


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Yield number (from 1) and bytes of every line that is not empty; None for one too long."""
    number = 0
    try:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_LINE_BYTES)
                yield number, None
                continue
            text = (line.removeprefix(UTF8_MARK) if number == 1 else line).strip()
            if text:
                yield number, text
    except OSError as error:
        raise DatasetError(f"dataset file {path} cannot be read: {error.strerror}") from error


def _sample(line: bytes | None, index: int, folder: Path) -> Sample:
    row = _parse(line)
    return Sample(
        id=_id(row, index),
        index=index,
        images=tuple(str(folder / name) for name in _image_names(row)),
        instruction=required_text(row, "instruction"),
        category=optional_text(row, "category"),
        description=optional_text(row, "description"),
        rationale=optional_text(row, "rationale"),
    )


def _parse(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise FieldError(f"the line is longer than {MAX_LINE_BYTES:,} bytes")
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise FieldError(f"the line is not UTF-8 ({error.reason} at byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise FieldError(f"the line is not JSON: {error.msg} at column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise FieldError(f"the line cannot be read as JSON: {error}") from error
    if not isinstance(row, dict):
        raise FieldError(f"expected a JSON object, got {kind_of(row)}")
    return row


def _id(row: dict[str, Any], index: int) -> str:
    value = row.get("id")
    if value is None:
        return str(index)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise FieldError(f"'id' should be a string or a whole number, got {kind_of(value)}")
    return required_text(row, "id")


def _image_names(row: dict[str, Any]) -> list[str]:
    image, images = row.get("image"), row.get("images")
    if image is not None and images is not None:
        raise FieldError("give 'image' (one path) or 'images' (a list of paths), not both")
    if images is None:
        if image is None:
            raise FieldError("'image' is missing; expected the path of the source image")
        images = [image]
    elif not isinstance(images, list) or not images:
        kind = "an empty one" if images == [] else kind_of(images)
        raise FieldError(f"'images' should be a list of paths, got {kind}")
    for name in images:
        if not isinstance(name, str) or not name:
            kind = "an empty string" if name == "" else kind_of(name)
            raise FieldError(f"the path of an image should be a string, got {kind}")
        if _ADDRESS.match(name):
            raise FieldError(
                f"the path of an image should be a file, got the address {name[:60]!r}; "
                "addresses are not fetched"
            )
    return images
