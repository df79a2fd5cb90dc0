"""Which workers have said nothing for long, by events and the clock of the run alone."""

from dataclasses import dataclass, field

from editgauge.core.hooks.events import (
    Event,
    SampleFinished,
    SampleRetried,
    SampleStarted,
    StageFinished,
    WorkerLost,
    WorkerStarted,
)

LEAST_SECONDS = 30.0
"""No silence is long that is shorter."""
FIRST_SECONDS = 60.0
"""The same until a first sample of the stage is finished: its beginning may take long."""
_TIMES_THE_LONGEST = 3


@dataclass(slots=True)
class _Heard:
    """A worker with something in hand, last heard `at` (seconds of the run)."""

    stage: str
    at: float
    samples: set[str] = field(default_factory=set)


class Silence:
    """Follows all workers. Anything that comes from a worker counts: a step, a reply, a log line.

    A silence is long if it is three times as long as any before it in the stage, and no less than
    `LEAST_SECONDS`; models that report no steps are silent for a whole image each time. Workers
    that load, or have nothing to do, are not expected to say anything.
    """

    def __init__(self) -> None:
        """Begin with no worker."""
        self._heard: dict[str, _Heard] = {}
        self._longest: dict[str, float] = {}
        self._finished: set[str] = set()

    def hear(self, event: Event) -> None:
        """Follow an event."""
        if isinstance(event, StageFinished):
            self._longest.pop(event.stage, None)
            self._finished.discard(event.stage)
            self._heard = {k: v for k, v in self._heard.items() if v.stage != event.stage}
            return
        heard = self._heard.get(event.worker)
        if heard is not None:
            gap = event.elapsed - heard.at
            self._longest[heard.stage] = max(self._longest.get(heard.stage, 0.0), gap)
            heard.at = event.elapsed
        match event:
            case SampleStarted() if event.worker:
                if heard is None:
                    heard = self._heard[event.worker] = _Heard(event.stage, event.elapsed)
                heard.samples.add(event.sample)
            case SampleFinished() | SampleRetried() if heard is not None:
                heard.samples.discard(event.sample)
                if isinstance(event, SampleFinished):
                    self._finished.add(event.stage)
                if not heard.samples:
                    del self._heard[event.worker]
            case WorkerLost() | WorkerStarted():
                self._heard.pop(event.worker, None)

    def seconds(self, worker: str, now: float) -> float | None:
        """Return how long a worker has been silent, or None if that is not long."""
        heard = self._heard.get(worker)
        if heard is None:
            return None
        silent = now - heard.at
        return silent if silent >= self._limit(heard.stage) else None

    def workers(self) -> tuple[str, ...]:
        """Return the workers with something in hand."""
        return tuple(self._heard)

    def _limit(self, stage: str) -> float:
        least = LEAST_SECONDS if stage in self._finished else FIRST_SECONDS
        return max(least, _TIMES_THE_LONGEST * self._longest.get(stage, 0.0))
