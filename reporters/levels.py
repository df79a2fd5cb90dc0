"""How much an event matters, on the scale of log levels."""

from typing import Literal

from editgauge.core.hooks.events import (
    Event,
    LogEmitted,
    PhaseProgressed,
    ReporterFailed,
    RunFinished,
    SampleFinished,
    SampleRetried,
    StepEvent,
    WorkerLost,
)

Level = Literal["debug", "info", "warning", "error"]

LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
"""From least to most."""


def log_level(text: str) -> Level:
    """Return the level that a log line names, or `info` if it is none of the four."""
    return next((level for level in LEVELS if level == text), "info")


def reaches(level: Level, least: str) -> bool:
    """Return whether a level is at or above `least`; nothing reaches `none`."""
    return least in LEVELS and LEVELS.index(level) >= LEVELS.index(log_level(least))


def level_of(event: Event) -> Level:
    """Return the level of an event: steps and progress `debug`, failures `error`."""
    match event:
        case StepEvent() | PhaseProgressed():
            return "debug"
        case LogEmitted():
            return log_level(event.level)
        case SampleRetried():
            return "warning"
        case ReporterFailed():
            return "error"
        case WorkerLost() | SampleFinished() | RunFinished():
            return _level_of_end(event)
        case _:
            return "info"


def _level_of_end(event: WorkerLost | SampleFinished | RunFinished) -> Level:
    match event:
        case WorkerLost():
            return "warning" if event.will_restart else "error"
        case SampleFinished():
            return "info" if event.outcome == "ok" else "error"
        case RunFinished():
            if event.status == "interrupted":
                return "warning"
            return "info" if event.status == "finished" and event.exit_code == 0 else "error"
