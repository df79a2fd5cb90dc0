"""How long each stage of a run took and how many images it did: for the closing block."""

from dataclasses import dataclass

from editgauge.core.hooks.events import (
    Event,
    RunFinished,
    SampleFinished,
    StageFinished,
    StageStarted,
)
from editgauge.core.text import clean_start, duration
from editgauge.reporters.amounts import per_minute, rate

_NAME_LENGTH = 20


@dataclass(slots=True)
class _Stage:
    started: float
    images: int = 0
    """Images that workers finished; those without an edited image take none of its time."""
    seconds: float | None = None
    """How long it took, the start of workers included, or None while it lasts."""


class StageTimes:
    """Follows the stages of this start of the run; what an earlier one did is no part of it."""

    def __init__(self) -> None:
        """Begin before the first stage."""
        self._stages: dict[str, _Stage] = {}

    def hear(self, event: Event) -> None:
        """Follow an event; the end of the run ends the stages that it interrupts."""
        match event:
            case StageStarted():
                self._stages[event.stage] = _Stage(event.elapsed)
            case SampleFinished() if event.worker and event.stage in self._stages:
                self._stages[event.stage].images += 1
            case StageFinished() if event.stage in self._stages:
                self._stages[event.stage].seconds = event.seconds
            case RunFinished():
                for stage in self._stages.values():
                    if stage.seconds is None:
                        stage.seconds = max(0.0, event.elapsed - stage.started)

    def speed(self, stage: str) -> float | None:
        """Return images a minute of a stage, or None if there is nothing to say."""
        times = self._stages.get(stage)
        # What ended at once did nothing, or was not worth a figure.
        if times is None or times.seconds is None or times.seconds < 0.1:
            return None
        return per_minute(times.images, times.seconds)

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
