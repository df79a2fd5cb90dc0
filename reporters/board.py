"""All rows of the live display: phases, workers and totals, fitted to the terminal."""

from editgauge.core.hooks.events import (
    BatchStarted,
    Event,
    PhaseFinished,
    PhaseProgressed,
    PhaseStarted,
    RunFinished,
    SampleFinished,
    SampleRetried,
    SampleStarted,
    StageFinished,
    StageStarted,
    StepFinished,
    WorkerLost,
    WorkerReady,
    WorkerStarted,
)
from editgauge.reporters.labels import WorkerLabels
from editgauge.reporters.stage_rows import PhaseRow, StageRow
from editgauge.reporters.widths import fit, pad, width
from editgauge.reporters.worker_rows import WorkerRow

_ROOM_FOR_LINES = 3
"""Rows that the block leaves to the lines above it."""


class Board:
    """Follows the events of a run and says what the block at the bottom shows."""

    def __init__(self, labels: WorkerLabels, *, steps: bool, ascii_only: bool) -> None:
        """Show workers by `labels`; see `WorkerRow` for `steps` and `ascii_only`."""
        self._labels = labels
        self._steps = steps
        self._ascii_only = ascii_only
        self._phases: dict[str, PhaseRow] = {}
        self._stages: dict[str, StageRow] = {}
        self._workers: dict[str, WorkerRow] = {}

    def hear(self, event: Event) -> None:
        """Follow an event; one of unknown kind changes nothing."""
        match event:
            case PhaseStarted() | PhaseProgressed() | PhaseFinished():
                self._hear_phase(event)
            case StageStarted():
                self._stages[event.stage] = StageRow(event.stage, event.samples)
            case StageFinished():
                self._stages.pop(event.stage, None)
                self._workers = {
                    name: row for name, row in self._workers.items() if row.stage != event.stage
                }
            case RunFinished():
                self._phases.clear()
                self._stages.clear()
                self._workers.clear()
            case _:
                self._hear_work(event)

    def _hear_phase(self, event: PhaseStarted | PhaseProgressed | PhaseFinished) -> None:
        match event:
            case PhaseStarted():
                self._phases[event.phase] = PhaseRow(event.phase, event.elapsed, of=event.of)
            case PhaseProgressed():
                row = self._phases.setdefault(event.phase, PhaseRow(event.phase, event.elapsed))
                row.done, row.of = event.done, event.of
            case PhaseFinished():
                self._phases.pop(event.phase, None)

    def _hear_work(self, event: Event) -> None:
        if isinstance(event, SampleStarted | SampleFinished) and event.stage in self._stages:
            self._stages[event.stage].hear(event)
        if not event.worker:
            return
        if isinstance(event, WorkerStarted):
            self._workers.setdefault(event.worker, WorkerRow(event.stage, self._steps))
        if event.worker in self._workers and isinstance(
            event,
            WorkerStarted
            | WorkerReady
            | WorkerLost
            | BatchStarted
            | SampleStarted
            | SampleRetried
            | SampleFinished
            | StepFinished,
        ):
            self._workers[event.worker].hear(event)

    def rows(self, now: float, size: tuple[int, int]) -> list[str]:
        """Return the rows of the block, none as wide as the terminal.

        Args:
            now: seconds of the run.
            size: columns and rows of the terminal.
        """
        columns = max(1, size[0] - 1)
        ends = [row.text(now) for row in self._phases.values()]
        ends += [
            row.text(now, columns, ascii_only=self._ascii_only) for row in self._stages.values()
        ]
        room = max(1, size[1] - _ROOM_FOR_LINES - len(ends))
        workers = self._worker_rows(now, columns, room)
        ellipsis = "..." if self._ascii_only else "…"
        rows = [fit(text, columns, ellipsis=ellipsis) for text in workers + ends]
        return rows[-max(1, size[1] - 1) :]

    def _worker_rows(self, now: float, columns: int, room: int) -> list[str]:
        labels = {name: f"[{self._labels.label(name)}]" for name in self._workers}
        shown = list(self._workers)
        if len(shown) > room:
            shown = shown[: room - 1]
        widest = max((width(labels[name]) for name in shown), default=0)
        rows = [
            self._workers[name].text(
                pad(labels[name], widest), now, columns, ascii_only=self._ascii_only
            )
            for name in shown
        ]
        left = len(self._workers) - len(shown)
        return [*rows, f"+{left} more"] if left else rows
