"""Reporters that are wrong, each in one way; `Right` is what is right about them."""

import csv
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from editgauge import Register, ReporterConfig, ReporterContext, events, hookimpl


class Right:
    """Writes a line for each sample, to stderr and into a file."""

    def __init__(self, config: ReporterConfig, context: ReporterContext) -> None:
        del config
        self.context = context
        self.lines: list[str] = []

    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunFinished):
            self.tell(f"end: {event.status}")

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished):
            self.tell(f"{event.elapsed:.1f} s: {event.sample!a}: {event.outcome}")

    def tell(self, line: str) -> None:
        self.lines.append(line)
        print(line, file=self.context.stderr)

    def close(self) -> None:
        path = self.context.run_dir / "lines.txt"
        path.write_text("\n".join(self.lines), "utf-8")


class RaisingAtNews(Right):
    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if type(event).__name__ not in vars(events):
            raise ValueError(f"what is {type(event).__name__}?")


class ReadingEveryField(Right):
    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        self.tell(repr(event.sample))  # type: ignore[attr-defined]


class CountingOnStarts(Right):
    def __init__(self, config: ReporterConfig, context: ReporterContext) -> None:
        super().__init__(config, context)
        self._started: dict[tuple[str, str], float] = {}

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleStarted):
            self._started[event.stage, event.sample] = event.elapsed
        if isinstance(event, events.SampleFinished):
            self.tell(f"{event.elapsed - self._started[event.stage, event.sample]:.1f} s")


class CountingOnTheJudge(Right):
    """Takes for granted that there is one."""

    def __init__(self, config: ReporterConfig, context: ReporterContext) -> None:
        super().__init__(config, context)
        self._scores: list[float] = []

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished) and event.score is not None:
            self._scores.append(event.score)

    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunFinished):
            self.tell(f"best: {max(self._scores)}")


class Comparing(Right):
    """Takes for granted that every sample has a score."""

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished) and event.score > 5:  # type: ignore[operator]
            self.tell("good")


class Sleepy(Right):
    @hookimpl
    def step_event(self, event: events.StepEvent) -> None:
        del event
        time.sleep(0.02)


class Raw(Right):
    def tell(self, line: str) -> None:
        pass

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished):
            self.context.stderr.write(f"{event.sample}: {event.reply}\n")


class TablesInUtf8(Right):
    def close(self) -> None:
        with (self.context.run_dir / "lines.csv").open("w", encoding="utf-8") as file:
            csv.writer(file).writerows([line] for line in self.lines)

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        if isinstance(event, events.SampleFinished):
            self.lines.append(event.sample)


class OfTheWallClock(Right):
    def tell(self, line: str) -> None:
        super().tell(f"{time.time():.0f} {line}")


class OfTheCalendar(Right):
    def tell(self, line: str) -> None:
        self.lines.append(f"{datetime.now(UTC):%H:%M:%S} {line}")


class WritingElsewhere(Right):
    def close(self) -> None:
        Path("lines.txt").write_text("\n".join(self.lines), "utf-8")


class NeedingAnEvent(Right):
    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunStarted):
            self._path = Path(event.run_dir) / "lines.txt"

    def close(self) -> None:
        self._path.touch()


class NeedingTheEnd(Right):
    _status: str | None = None

    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunStarted):
            self._status = ""
        if isinstance(event, events.RunFinished):
            self._status = event.status

    def close(self) -> None:
        if self._status == "":
            raise RuntimeError("the run has no end")


class Printing(Right):
    def tell(self, line: str) -> None:
        print(line)  # noqa: T201 - that is the fault


class TakingNothing(Right):
    def __init__(self) -> None:
        """Take no configuration and no context."""


class Misspelt(Right):
    @hookimpl
    def sampel_event(self, event: events.SampleEvent) -> None:
        """Never be called."""


class Unmarked(Right):
    def step_event(self, event: events.StepEvent) -> None:
        """Never be called."""


class OfAnotherArgument(Right):
    @hookimpl  # type: ignore[type-var]
    def step_event(self, step: events.StepEvent) -> None:
        """Be refused by pluggy."""


class OfAnotherScope(Right):
    @hookimpl
    def step_event(self, event: events.BatchEvent) -> None:
        """Be called with steps."""


class OfOneKind(Right):
    @hookimpl  # type: ignore[type-var]
    def step_event(self, event: events.StepFinished) -> None:
        """Be called with every kind of step event."""


class TestingForAnotherScope(Right):
    @hookimpl
    def step_event(self, event: events.StepEvent) -> None:
        if isinstance(event, events.SampleFinished):
            self.tell("never")


class Hookless:
    def __init__(self, config: Any, context: Any) -> None:
        """Hear nothing, ever."""


class Ending(Right):
    @hookimpl
    def run_event(self, event: events.RunEvent) -> None:
        if isinstance(event, events.RunFinished):
            raise SystemExit(3)


@hookimpl
def register_reporters(register: Register) -> None:
    for name, found in list(globals().items()):
        if isinstance(found, type) and found.__module__ == __name__:
            target = f"{__name__}:{name}"
            register(name, config=ReporterConfig, target=target, summary="wrong in one way")
    for name, target in (
        ("MisspeltTarget", f"{__name__}:Rihgt"),
        ("RenamedFile", "wrong_rep:Right"),
    ):
        register(name, config=ReporterConfig, target=target, summary="wrong in one way")
