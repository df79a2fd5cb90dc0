"""The numbers of a run over time, named as trackers show them; from events only."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from editgauge.core.hooks.events import (
    Event,
    Figures,
    RunFinished,
    SampleFinished,
    StageStarted,
)
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.rates import images_per_minute
from editgauge.core.text import clean_start

STAGES = ("edit", "score")
_NAME_LENGTH = 80
# What MLflow takes in a name, apart from `/`, which makes groups in both trackers.
_OTHER = re.compile(r"[^\w.\- ]")


class Point(NamedTuple):
    """A `value` of the series `name` at a `step`."""

    name: str
    value: float
    step: int


class Series:
    """Makes points of events.

    The step is the number of samples that have left the stage, those of earlier starts included:
    `results.jsonl` and its row numbers are in another order.
    """

    def __init__(self, context: ReporterContext) -> None:
        """Know of no stage yet."""
        self._spool = context.run_dir / "samples.jsonl"
        self._before: dict[str, int] = {}
        self._began: dict[str, float] = {}

    def points(self, event: Event) -> Iterator[Point]:
        """Yield the points of an event, none for most kinds."""
        if isinstance(event, StageStarted) and event.stage in STAGES:
            selected = _count_lines(self._spool)
            self._before[event.stage] = max(0, selected - event.samples)
            self._began[event.stage] = event.elapsed
        elif isinstance(event, SampleFinished) and event.stage in STAGES:
            yield from self._of_sample(event)
        elif isinstance(event, RunFinished):
            yield from _of_run(event)

    def step(self, event: SampleFinished) -> int:
        """Return the step of a sample."""
        return self._before.get(event.stage, 0) + event.done

    def _of_sample(self, event: SampleFinished) -> Iterator[Point]:
        stage, step = event.stage, self.step(event)
        yield Point(f"{stage}/failures", event.done - event.ok, step)
        if event.worker:
            yield Point(f"{stage}/seconds", event.seconds, step)
        speed = images_per_minute(event.ok, event.elapsed - self._began.get(stage, event.elapsed))
        if speed is not None:
            yield Point(f"{stage}/images_per_minute", speed, step)
        if event.score is not None:
            yield Point("score/score", event.score, step)
        if event.mean is not None:
            yield Point("score/mean", event.mean, step)


def _of_run(event: RunFinished) -> Iterator[Point]:
    yield Point("run/seconds", event.seconds, 0)
    yield Point("run/samples", event.samples, 0)
    yield Point("run/exit_code", event.exit_code, 0)
    if event.figures is not None:
        yield from _of_figures("run", event.figures)
    for entry in event.categories:
        yield from _of_figures(f"category/{name_of(entry.category)}", entry.figures)


def _of_figures(group: str, figures: Figures) -> Iterator[Point]:
    yield Point(f"{group}/scored", figures.scored, 0)
    if figures.samples:
        yield Point(f"{group}/coverage", figures.scored / figures.samples, 0)
    values = {
        "mean": figures.mean,
        "low": figures.low,
        "high": figures.high,
        "std": figures.std,
        "median": figures.median,
        "minimum": figures.minimum,
        "maximum": figures.maximum,
    }
    yield from (
        Point(f"{group}/{name}", value, 0) for name, value in values.items() if value is not None
    )


def name_of(category: str) -> str:
    """Return a category as part of a series' name: harmless characters, different for each.

    Letters and digits of any script, `_`, `-`, `.` and spaces stay. Where anything else was, or too
    much, eight digits of a digest follow.
    """
    name = _OTHER.sub("_", clean_start(category, _NAME_LENGTH)).strip()
    if name == category and name.strip("."):
        return name
    if not category:
        return "none"
    digest = hashlib.sha256(category.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name.strip('. ')}-{digest}".lstrip("-")


def _count_lines(path: Path) -> int:
    if not path.is_file():
        return 0
    with path.open("rb") as file:
        return sum(1 for _ in file)
