"""Who did what when: the time line of workers, from events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.reporters.labels import WorkerLabels

PREPARING = "preparing"
"""Name of the line of phases, which no worker has part in."""
_STDERR_LINES = 20


class Span(NamedTuple):
    """What a line shows from `start` to `end`, in seconds of the run; `samples` were worked on."""

    kind: Literal["load", "work", "phase"]
    start: float
    end: float
    samples: int = 0


class Loss(NamedTuple):
    """A worker was lost `at` seconds of the run; `stderr` has the last lines that it wrote."""

    at: float
    reason: str
    stderr: tuple[str, ...]


@dataclass(slots=True)
class WorkerLine:
    """One worker of one stage.

    Attributes:
        stage: the stage that it works for.
        worker: its name.
        label: what people call it, by its devices.
        spans: what it did, in order.
        losses: when it was lost, and why.
        samples: samples that left the stage at it.
        idle: seconds in which it was ready and had nothing in hand.
    """

    stage: str
    worker: str
    label: str
    spans: list[Span] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    samples: int = 0
    idle: float = 0.0
    _began: float | None = None
    _kind: Literal["load", "work", "phase"] = "load"
    _in_hand: set[int] = field(default_factory=set)
    _in_span: int = 0
    _free_since: float | None = None

    def begin(self, kind: Literal["load", "work", "phase"], at: float) -> None:
        """Begin a span; one that is open ends."""
        self._close(at)
        self._end_idle(at)
        self._began, self._kind = at, kind

    def ready(self, at: float) -> None:
        """Note that the model is loaded."""
        self._close(at)
        self._free_since = at

    def take(self, index: int, at: float) -> None:
        """Note that the worker was given a sample."""
        if not self._in_hand:
            self.begin("work", at)
        self._in_hand.add(index)

    def give(self, index: int, at: float, *, left: bool) -> None:
        """Note that the worker is done with a sample; `left` if the sample left the stage."""
        if index not in self._in_hand:
            return
        self._in_hand.discard(index)
        self.samples += left
        self._in_span += left
        if not self._in_hand:
            self._close(at)
            self._free_since = at

    def end(self, at: float) -> None:
        """Note that the worker has ended, or is about to."""
        self._close(at)
        self._in_hand.clear()
        self._end_idle(at)

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing in hand and does not load."""
        return self._began is None

    @property
    def working(self) -> float:
        """Seconds with samples in hand."""
        return sum(span.end - span.start for span in self.spans if span.kind == "work")

    def _close(self, at: float) -> None:
        if self._began is not None:
            self.spans.append(Span(self._kind, self._began, max(self._began, at), self._in_span))
        self._began, self._in_span = None, 0

    def _end_idle(self, at: float) -> None:
        if self._free_since is not None:
            self.idle += max(0.0, at - self._free_since)
        self._free_since = None


class TimeLine:
    """Collects the time line of one start of a run."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.preparing = WorkerLine("", "", PREPARING)
        self._lines: dict[tuple[str, str], WorkerLine] = {}
        self._labels = WorkerLabels()
        self.end = 0.0
        """Seconds of the run at the last event."""

    def lines(self) -> list[WorkerLine]:
        """Return the lines of workers, in order of their first start."""
        return list(self._lines.values())

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        self._labels.hear(event)
        at = self.end = max(self.end, event.elapsed)
        match event:
            case events.WorkerStarted() | events.WorkerReady() | events.WorkerLost():
                self._hear_worker(event, self._line(event.stage, event.worker), at)
            case events.SampleStarted():
                self._line(event.stage, event.worker).take(event.index, at)
            case events.SampleFinished() | events.SampleRetried():
                line = self._lines.get((event.stage, event.worker))
                if line is not None:
                    left = isinstance(event, events.SampleFinished)
                    line.give(event.index, at, left=left)
            case events.PhaseStarted():
                self.preparing.begin("phase", at)
                if event.phase == "shutdown":
                    # A worker that is about to end is not idle; one that goes on takes a sample.
                    self._end(at, [line for line in self.lines() if line.is_idle])
            case events.PhaseFinished():
                self.preparing.end(at)
            case events.StageFinished():
                self._end(at, [line for line in self.lines() if line.stage == event.stage])
            case events.RunFinished():
                self._end(at, [self.preparing, *self.lines()])

    def _hear_worker(
        self,
        event: events.WorkerStarted | events.WorkerReady | events.WorkerLost,
        line: WorkerLine,
        at: float,
    ) -> None:
        if isinstance(event, events.WorkerStarted):
            line.begin("load", at)
        elif isinstance(event, events.WorkerReady):
            line.ready(at)
        else:
            line.end(at)
            line.losses.append(Loss(at, event.reason, event.stderr[-_STDERR_LINES:]))

    def _end(self, at: float, lines: Iterable[WorkerLine]) -> None:
        for line in lines:
            line.end(at)

    def _line(self, stage: str, worker: str) -> WorkerLine:
        line = self._lines.get((stage, worker))
        if line is None:
            line = WorkerLine(stage, worker, self._labels.label(worker))
            self._lines[stage, worker] = line
        return line
