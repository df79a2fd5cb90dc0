"""What a dataset plugin implements."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from editgauge.core.samples import Sample


class DatasetError(Exception):
    """The dataset as a whole cannot be used: wrong kind of file, missing file, double id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that is no sample.

    Attributes:
        index: row number, from 0.
        where: what a person looks for (`line 7`, `item 3 ('coffee')`).
        reason: what was expected and what came.
    """

    index: int
    where: str
    reason: str


class Selection(Protocol):
    """Tells a dataset which rows are wanted."""

    def wants(self, *, index: int, sample_id: str, category: str) -> bool:
        """Return whether the row is selected; to be asked once for every readable row, in order.

        Raises:
            DatasetError: the id came before.
        """
        ...


class Dataset(ABC):
    """A source of samples, read once, in the parent process, before any model is loaded."""

    def __init__(self, config: Any) -> None:
        """Keep the validated config (an instance of the registered config model)."""
        self.config = config

    def check(self) -> None:  # noqa: B027 - optional: most datasets have something to check
        """Look whether the dataset is there at all, without reading it; cheap, called early.

        Raises:
            DatasetError: a file is missing or cannot be read.
        """

    @abstractmethod
    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        """Yield every selected sample and every bad row, in row order.

        Whoever reads may stop at any time; the iterator is then closed. Image files that samples
        name are checked by whoever reads, not here. Memory must not grow with the dataset. Images
        that are not files of their own are written to `image_folder` (it exists), named by
        `safe_name`, for selected rows only.

        Raises:
            DatasetError: the dataset as a whole cannot be used.
            OSError: an image cannot be written to `image_folder`.
        """
