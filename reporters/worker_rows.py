"""What each worker does right now, as one row of the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from editgauge.core.hooks.events import (
    BatchStarted,
    SampleFinished,
    SampleRetried,
    SampleStarted,
    StepFinished,
    WorkerLost,
    WorkerReady,
    WorkerStarted,
)
from editgauge.core.text import clean_start, duration
from editgauge.reporters.bars import Form, bar_row, clock
from editgauge.reporters.levels import Level
from editgauge.reporters.widths import width

_SILENT = "silent for"


@dataclass(slots=True)
class _Edit:
    """The image that a worker edits; times in seconds of the run."""

    sample: str
    since: float
    step: int = 0
    of: int = 0
    first_step: float = 0.0
    last_step: float = 0.0

    def rate(self) -> float | None:
        """Return steps a second; what comes before the first step is no part of it."""
        if self.step < 1:
            return None
        if self.step == 1 or self.last_step <= self.first_step:
            took = self.last_step - self.since
            return self.step / took if took > 0 else None
        return (self.step - 1) / (self.last_step - self.first_step)


@dataclass(slots=True)
class _Batch:
    number: int
    of: int
    samples: int


@dataclass(slots=True)
class WorkerRow:
    """One worker, followed through its events.

    Attributes:
        stage: the stage that it works for.
        steps: whether denoising steps are shown as a bar.
    """

    stage: str
    steps: bool
    _waits_for: str = "loading"
    _since: float = 0.0
    _will_be_back: bool = False
    _edit: _Edit | None = None
    _batch: _Batch | None = None
    _in_hand: dict[str, float] = field(default_factory=dict)
    _steps_known: int = 0

    def hear(
        self,
        event: WorkerStarted
        | WorkerReady
        | WorkerLost
        | BatchStarted
        | SampleStarted
        | SampleRetried
        | SampleFinished
        | StepFinished,
    ) -> None:
        """Follow an event of this worker."""
        match event:
            case WorkerStarted():
                self._wait("loading", event.elapsed)
            case WorkerReady():
                self._wait("", event.elapsed)
            case WorkerLost():
                self._will_be_back = event.will_restart
                soon = f" in {duration(event.restart_in)}" if event.restart_in else ""
                then = f"a replacement comes{soon}" if event.will_restart else "not replaced"
                self._wait(f"lost, {then}: {clean_start(event.reason, 200)}", event.elapsed)
            case BatchStarted():
                if event.stage == "score":
                    self._batch = _Batch(event.number, event.of, len(event.samples))
                    self._in_hand = dict.fromkeys(event.samples, event.elapsed)
            case SampleStarted():
                self._start(event)
            case SampleRetried() | SampleFinished():
                self._in_hand.pop(event.sample, None)
                self._edit = None
            case StepFinished():
                self._step(event)

    def _wait(self, what: str, since: float) -> None:
        self._waits_for = what
        self._since = since
        self._edit = None
        self._batch = None
        self._in_hand.clear()

    def _start(self, event: SampleStarted) -> None:
        self._waits_for = ""
        if event.stage == "edit":
            self._edit = _Edit(event.sample, event.elapsed, of=self._steps_known)
            return
        if event.sample not in self._in_hand:
            # Not one of the batch that it was given last: a sample of a lost batch, alone.
            self._batch = None
        self._in_hand[event.sample] = event.elapsed

    def _step(self, event: StepFinished) -> None:
        edit = self._edit
        if edit is None or edit.sample != event.sample:
            edit = self._edit = _Edit(event.sample, event.elapsed)
        if edit.step == 0:
            edit.first_step = event.elapsed
        edit.step, edit.of, edit.last_step = event.step, event.of, event.elapsed
        self._steps_known = event.of

    @property
    def is_lost(self) -> bool:
        """Whether its process ended and no other has begun."""
        return self._waits_for not in ("", "loading")

    def level(self, silent: float | None) -> Level:
        """Return how much the row matters; `silent` as in `text`."""
        if self.is_lost:
            return "warning" if self._will_be_back else "error"
        return "info" if silent is None else "warning"

    def text(
        self,
        label: str,
        now: float,
        columns: int,
        *,
        ascii_only: bool,
        silent: float | None = None,
    ) -> str:
        """Return the row, to be cut to the terminal's width if it is no bar.

        Args:
            label: the worker's label, in brackets.
            now: seconds of the run.
            columns: columns that a bar should fill.
            ascii_only: whether the bar is drawn with ASCII characters.
            silent: seconds without a sign of it, if they are remarkable.
        """
        if self._waits_for == "loading":
            return f"{label} loading {max(0.0, now - self._since):.0f} s"
        if self._waits_for:
            return f"{label} {self._waits_for}"
        if self._edit is not None:
            return self._edit_text(
                self._edit, label, now, columns, ascii_only=ascii_only, silent=silent
            )
        if self._in_hand:
            return self._score_text(label, now, columns, silent)
        return f"{label} idle"

    def _edit_text(
        self,
        edit: _Edit,
        label: str,
        now: float,
        columns: int,
        *,
        ascii_only: bool,
        silent: float | None,
    ) -> str:
        elapsed = max(0.0, now - edit.since)
        if not self.steps or edit.of < 1:
            mark = f"{_SILENT} {duration(silent)}" if silent is not None else ""
            long = f"{label} Editing {elapsed:.0f} s"
            return _first_fit([f"{long}, {mark}", f"{label} {mark}"] if mark else [long], columns)
        step = min(edit.step, edit.of)
        taken, left = clock(elapsed), clock(_seconds_left(edit))
        times = [f" [{taken}<{left}]", f" {left} left", ""]
        if silent is not None:
            mark = f"{_SILENT} {duration(silent)}"
            times = [f" [{taken}, {mark}]", f" [{mark}]"]
        amount = f"{step}/{edit.of}"
        forms = [Form(f"{label} Denoising", f"{amount}{times[0]}")]
        forms += [Form(label, f"{amount}{time}") for time in times]
        return bar_row(step, edit.of, forms, columns, ascii_only=ascii_only)

    def _score_text(self, label: str, now: float, columns: int, silent: float | None) -> str:
        if self._batch is None:
            since = min(self._in_hand.values())
            texts = [f"{label} Scoring one sample again, {duration(now - since)}"]
        else:
            batch = self._batch
            done = max(0, batch.samples - len(self._in_hand))
            share = f"({done} of {batch.samples})"
            texts = [
                f"{label} Scoring batch {batch.number}/{batch.of} {share}",
                f"{label} batch {batch.number}/{batch.of} {share}",
            ]
        if silent is not None:
            mark = f"{_SILENT} {duration(silent)}"
            texts = [*(f"{text}, {mark}" for text in texts), f"{label} {mark}"]
        return _first_fit(texts, columns)


def _seconds_left(edit: _Edit) -> float | None:
    rate = edit.rate()
    return None if rate is None else max(0, edit.of - edit.step) / rate


def _first_fit(texts: Sequence[str], columns: int) -> str:
    return next((text for text in texts if width(text) <= columns), texts[-1])
