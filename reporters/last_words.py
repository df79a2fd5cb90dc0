"""What a worker wrote before a sample failed, where its lines were not told as they came."""

from collections import deque

from editgauge.core.hooks.events import (
    Event,
    LogEmitted,
    SampleFinished,
    SampleStarted,
    WorkerLost,
)
from editgauge.reporters.levels import level_of, reaches
from editgauge.reporters.wording import Line, Rank, Voice

_MOST_LINES = 10


class LastWords:
    """Keeps the last lines of each worker since it was given what it has in hand."""

    def __init__(self, logs: str) -> None:
        """Keep lines that the level `logs` hides."""
        self._logs = logs
        self._lines: dict[str, deque[str]] = {}

    def hear(self, event: Event) -> None:
        """Follow an event."""
        match event:
            case SampleStarted() | WorkerLost():
                # A lost worker's event tells its last lines itself.
                self._lines.pop(event.worker, None)
            case LogEmitted() if event.worker and not reaches(level_of(event), self._logs):
                kept = self._lines.setdefault(event.worker, deque(maxlen=_MOST_LINES))
                kept.append(event.text)

    def of(self, event: SampleFinished, voice: Voice) -> list[Line]:
        """Return the last lines of the worker that failed with a sample."""
        level = level_of(event)
        lines = self._lines.get(event.worker, ()) if event.worker else ()
        return [Line(f"    │ {voice.cut(text)}", level, Rank.ESSENTIAL) for text in lines]
