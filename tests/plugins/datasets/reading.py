"""What the tests of datasets share: pictures made here, and a selection that wants everything."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from editgauge.core.datasets import BadRow, Dataset
from editgauge.core.samples import Sample


def picture(format_name: str = "PNG", size: tuple[int, int] = (4, 3), color: str = "red") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, color).save(data, format_name)
    return data.getvalue()


class Everything:
    """Wants every row and remembers what it was asked."""

    def __init__(self, only: Sequence[str] | None = None) -> None:
        self.asked: list[tuple[int, str, str]] = []
        self._only = only

    def wants(self, *, index: int, sample_id: str, category: str) -> bool:
        self.asked.append((index, sample_id, category))
        return self._only is None or sample_id in self._only


def read(dataset: Dataset, folder: Path) -> tuple[list[Sample], list[BadRow]]:
    rows = list(dataset.read(Everything(), folder))
    return (
        [row for row in rows if isinstance(row, Sample)],
        [row for row in rows if isinstance(row, BadRow)],
    )
