"""A dataset and a reporter that wait where a test wants them to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from editgauge import hookimpl
from editgauge.core.datasets import BadRow, Selection
from editgauge.core.hooks.events import Event
from editgauge.core.samples import Sample
from editgauge.plugins.datasets.jsonl import JsonlDataset
from tests.support.models import stall


class StallingDataset(JsonlDataset):
    """Gives its first row and waits."""

    config: Any

    def read(self, selection: Selection, image_folder: Path) -> Iterator[Sample | BadRow]:
        for row in super().read(selection, image_folder):
            yield row
            stall(self.config.folder, "dataset")


class StallingReporter:
    """Waits when it hears of an event of one kind."""

    def __init__(self, config: Any, context: object) -> None:
        del context
        self._config = config

    @hookimpl
    def run_event(self, event: Event) -> None:
        if type(event).__name__ == self._config.at:
            stall(self._config.folder, "reporter")
