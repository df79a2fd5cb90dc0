"""How long each stage of a run took and how many good results it gave: for the closing block."""

from dataclasses import dataclass

from editgauge.core.hooks.events import (
    Event,
    RunFinished,
    RunStarted,
    SampleFinished,
    StageFinished,
    StageStarted,
)
from editgauge.core.rates import images_per_minute
from editgauge.core.text import clean_start, duration
from editgauge.reporters.amounts import rate

_NAME_LENGTH = 20


@dataclass(slots=True)
class _Stage:
    started: float
    ok: int = 0
    """Its results with outcome `ok` in this start."""
    seconds: float | None = None
    """How long it took, the start of workers included, or None while it lasts."""


class StageTimes:
    """Follows the stages of this start of the run; what an earlier one did is no part of it."""

    def __init__(self) -> None:
        """Begin before the first stage."""
        self.planned: tuple[str, ...] = ()
        """The stages that the run is to have, or nothing if its start was not heard."""
        self._stages: dict[str, _Stage] = {}

    def hear(self, event: Event) -> None:
        """Follow an event; the end of the run ends the stages that it interrupts."""
        match event:
            case RunStarted():
                self.planned = event.stages
            case StageStarted():
                self._stages[event.stage] = _Stage(event.elapsed)
            case SampleFinished() if event.stage in self._stages:
                # `StageFinished.outcomes` are those of earlier starts, too.
                self._stages[event.stage].ok = event.ok
            case StageFinished() if event.stage in self._stages:
                self._stages[event.stage].seconds = event.seconds
            case RunFinished():
                for stage in self._stages.values():
                    if stage.seconds is None:
                        stage.seconds = max(0.0, event.elapsed - stage.started)

    def speed(self, stage: str) -> float | None:
        """Return images a minute of a stage, or None if there is nothing to say."""
        times = self._stages.get(stage)
        return None if times is None else images_per_minute(times.ok, times.seconds)

    def summary(self) -> list[str]:
        """Return a line for each stage: `edit 2 min 30 s, 4.8 images/min (slowest)`."""
        took = {name: stage.seconds or 0.0 for name, stage in self._stages.items()}
        slowest = max(took, key=took.__getitem__) if len(took) > 1 else None
        lines = []
        for name, seconds in took.items():
            speed = self.speed(name)
            pace = "" if speed is None else f", {rate(speed)}"
            mark = " (slowest)" if name == slowest else ""
            lines.append(f"{clean_start(name, _NAME_LENGTH)} {duration(seconds)}{pace}{mark}")
        return lines
