"""All rows of the live display: phases, workers and totals, fitted to the terminal."""

from collections.abc import Collection
from typing import NamedTuple

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
from editgauge.core.text import counted
from editgauge.reporters.labels import WorkerLabels
from editgauge.reporters.levels import Level
from editgauge.reporters.silence import Silence
from editgauge.reporters.stage_rows import PhaseRow, StageRow
from editgauge.reporters.widths import fit, pad, width
from editgauge.reporters.worker_rows import WorkerRow

_ROOM_FOR_LINES = 3
"""Rows that the block leaves to the lines above it."""

_WORKER_COLUMNS = 79
_TOTAL_COLUMNS = 119
"""Columns that bars fill at most. A terminal that is made narrower folds longer rows, and what
finds no room on it then is kept where it scrolls away, out of reach."""


class Row(NamedTuple):
    """One row of the block, without control characters, and how much it matters."""

    text: str
    level: Level


class Summary(NamedTuple):
    """The whole board in one bar: how much is done, and what stands before and behind it."""

    done: int
    of: int
    before: str
    behind: str


class Board:
    """Follows the events of a run and says what the block at the bottom shows."""

    def __init__(self, labels: WorkerLabels, *, steps: bool, ascii_only: bool) -> None:
        """Show workers by `labels`; see `WorkerRow` for `steps` and `ascii_only`."""
        self._labels = labels
        self._steps = steps
        self._ascii_only = ascii_only
        self._silence = Silence()
        self._phases: dict[str, PhaseRow] = {}
        self._stages: dict[str, StageRow] = {}
        self._workers: dict[str, WorkerRow] = {}
        self._last_stage: StageRow | None = None

    def hear(self, event: Event) -> None:
        """Follow an event; one of unknown kind changes nothing."""
        self._silence.hear(event)
        match event:
            case PhaseStarted() | PhaseProgressed() | PhaseFinished():
                self._hear_phase(event)
            case StageStarted():
                self._stages[event.stage] = self._last_stage = StageRow(event)
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
        stage = self._stages.get(getattr(event, "stage", ""))
        if stage is not None:
            stage.hear(event)
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

    def rows(self, now: float, size: tuple[int, int]) -> list[Row]:
        """Return the rows of the block, none as wide as the terminal.

        Args:
            now: seconds of the run.
            size: columns and rows of the terminal.
        """
        columns = max(1, size[0] - 1)
        ends = [row.text(now) for row in self._phases.values()]
        ends += [
            row.text(now, min(columns, _TOTAL_COLUMNS), ascii_only=self._ascii_only)
            for row in self._stages.values()
        ]
        room = max(1, size[1] - _ROOM_FOR_LINES - len(ends))
        rows = self._worker_rows(now, columns, room) + [Row(text, "info") for text in ends]
        ellipsis = "..." if self._ascii_only else "…"
        fitted = [Row(fit(text, columns, ellipsis=ellipsis), level) for text, level in rows]
        return fitted[-max(1, size[1] - 1) :]

    def summary(self, now: float) -> Summary:
        """Return what one bar says: the stage that began last, and what else is remarkable."""
        row = next(reversed(self._stages.values()), self._last_stage)
        phases = [phase.text(now) for phase in self._phases.values()]
        if row is None:
            return Summary(0, 0, "", ", ".join(phases))
        silent = sum(self._silence.seconds(name, now) is not None for name in self._workers)
        lost = sum(worker.is_lost for worker in self._workers.values())
        marks = [f"{counted(silent, 'worker')} silent"] if silent else []
        marks += [f"{counted(lost, 'worker')} lost"] if lost else []
        others = [stage.facts(now) for stage in self._stages.values() if stage is not row]
        facts = row.facts(now).removeprefix(f"{row.name}: ")
        return Summary(*row.amount, f"{row.name}:", "; ".join([facts, *marks, *phases, *others]))

    def _worker_rows(self, now: float, columns: int, room: int) -> list[Row]:
        silent = {name: self._silence.seconds(name, now) for name in self._workers}
        labels = {name: f"[{self._labels.label(name)}]" for name in self._workers}
        shown = list(self._workers)
        if len(shown) > room:
            shown = self._most_telling(room - 1, [name for name in shown if silent[name]])
        widest = max((width(labels[name]) for name in shown), default=0)
        rows = []
        for name in shown:
            row, label = self._workers[name], pad(labels[name], widest)
            text = row.text(
                label,
                now,
                min(columns, _WORKER_COLUMNS),
                ascii_only=self._ascii_only,
                silent=silent[name],
            )
            rows.append(Row(text, row.level(silent[name])))
        if left := len(self._workers) - len(shown):
            rows.append(Row(f"+{left} more", "info"))
        return rows

    def _most_telling(self, room: int, silent: Collection[str]) -> list[str]:
        """Return the workers that get a row where not all do, in their usual order.

        Those with trouble come first, then one of each stage, then the first ones.
        """
        names = list(self._workers)
        trouble = [name for name in names if name in silent or self._workers[name].is_lost]
        stages = {row.stage: name for name, row in reversed(self._workers.items())}
        ranked = dict.fromkeys([*trouble, *sorted(stages.values(), key=names.index), *names])
        chosen = set(list(ranked)[:room])
        return [name for name in names if name in chosen]
