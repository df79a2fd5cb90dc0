"""Faults planted in the run's own process, at some of its rows."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.results import EditResult
from editgauge.core.run.scheduler import Task
from editgauge.core.run.store import RunStore
from editgauge.core.samples import Sample
from editgauge.core.workers.protocol import Frame
from tests.end_to_end.meaning.tasks import KnownTask


def shift_instructions(
    patch: pytest.MonkeyPatch, tasks: list[KnownTask], rows: Collection[int]
) -> None:
    """Ask for the edits of rows in the words of the row below."""
    real = EditStage.request

    def request(stage: EditStage, asked: tuple[Task, ...]) -> Frame:
        frame = real(stage, asked)
        if frame["index"] in rows:
            frame["instruction"] = tasks[frame["index"] + 1].instruction
        return frame

    patch.setattr(EditStage, "request", request)


def exchange_rows(patch: pytest.MonkeyPatch, tasks: list[KnownTask], rows: tuple[int, int]) -> None:
    """Write each of two results as the other row's."""
    real = RunStore.append
    other = {rows[0]: tasks[rows[1]], rows[1]: tasks[rows[0]]}

    def append(store: RunStore, result: Any) -> None:
        if isinstance(result, EditResult) and result.index in other:
            task = other[result.index]
            result = replace(result, index=task.index, id=task.kind)
        real(store, result)

    patch.setattr(RunStore, "append", append)


def count_seeds_in_the_order_of_work(patch: pytest.MonkeyPatch, rows: Collection[int]) -> None:
    """Give rows the run's seed plus how many samples came before, instead of their number."""
    real = EditStage.seed_of
    order: dict[int, int] = {}

    def seed_of(stage: EditStage, sample: Sample) -> int:
        place = order.setdefault(sample.index, len(order))
        return stage._seed + place if sample.index in rows else real(stage, sample)

    patch.setattr(EditStage, "seed_of", seed_of)
