"""Recordings made up for tests, and reporters that keep what they are told."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from editgauge import hookimpl
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.hooks.events import (
    Event,
    LogEmitted,
    RunFinished,
    RunStarted,
    StepFinished,
)
from editgauge.core.hooks.recording import event_line, header_line
from editgauge.core.hooks.reporting import ReporterContext

RUN_ID = "20261123T031035Z-demo-7f3a2b"


def start(at: float = 0.0, *, run_dir: str = f"/runs/{RUN_ID}", resumed: bool = False) -> Event:
    return RunStarted(
        run_dir=run_dir,
        stages=("edit",),
        edit_model="sleeping",
        reward_model="",
        seed=1,
        resumed=resumed,
        elapsed=at,
        run_id=RUN_ID,
    )


def log(text: str, at: float = 0.0) -> Event:
    return LogEmitted(level="info", text=text, elapsed=at, run_id=RUN_ID)


def step(number: int, at: float = 0.0) -> Event:
    return StepFinished(
        sample="a", index=0, step=number, of=9, elapsed=at, worker="edit-0", run_id=RUN_ID
    )


def end(at: float = 0.0, *, exit_code: int = 0) -> Event:
    return RunFinished(
        status="finished",
        exit_code=exit_code,
        samples=1,
        edit_outcomes=(),
        score_outcomes=(),
        figures=None,
        categories=(),
        seconds=at,
        elapsed=at,
        run_id=RUN_ID,
    )


def write(path: Path, events: Iterable[Event], *, rest: str = "") -> Path:
    """Write a recording; `rest` comes behind its last line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [header_line()]
    for number, event in enumerate(events, start=1):
        lines.append(event_line(replace(event, seq=number, time="2026-11-23T03:10:35.000000Z")))
    path.write_text("".join(f"{line}\n" for line in lines) + rest, "utf-8")
    return path


class Listener:
    """Keeps what it hears with the time that its clock said; `raises` says at which event."""

    def __init__(
        self,
        clock: Callable[[], float] = lambda: 0.0,
        *,
        raises: Callable[[Event], BaseException | None] = lambda _event: None,
    ) -> None:
        self.heard: list[tuple[str, float]] = []
        self.ticks: list[float] = []
        self.closed = 0
        self.ended_unfinished = 0
        self._clock = clock
        self._raises = raises

    def _hear(self, event: Event) -> None:
        name = type(event).__name__
        self.heard.append((getattr(event, "text", name), self._clock()))
        error = self._raises(event)
        if error is not None:
            raise error

    @hookimpl
    def run_event(self, event: Event) -> None:
        self._hear(event)

    @hookimpl
    def step_event(self, event: Event) -> None:
        self._hear(event)

    def tick(self) -> None:
        self.ticks.append(self._clock())

    def end_unfinished(self) -> None:
        assert not self.closed
        self.ended_unfinished += 1

    def close(self) -> None:
        self.closed += 1


class ListenerConfig(ReporterConfig):
    path: str = ""


class Registered:
    """A plugin with the reporter `listener`, which keeps every one that is made of it."""

    def __init__(self) -> None:
        made.clear()

    @hookimpl
    def register_reporters(self, register: Any) -> None:
        register("listener", config=ListenerConfig, target=f"{__name__}:make")


made: list[tuple[Listener, ReporterContext]] = []


def make(_config: ListenerConfig, context: ReporterContext) -> Listener:
    listener = Listener(context.clock)
    made.append((listener, context))
    return listener
