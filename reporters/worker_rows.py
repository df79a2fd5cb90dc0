"""What each worker does right now, as one row of the terminal."""

from dataclasses import dataclass, field

from tqdm.std import tqdm

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

    def text(self, label: str, now: float, columns: int, *, ascii_only: bool) -> str:
        """Return the row, to be cut to the terminal's width if it is no bar.

        Args:
            label: the worker's label, in brackets.
            now: seconds of the run.
            columns: columns that a bar should fill.
            ascii_only: whether the bar is drawn with ASCII characters.
        """
        if self._waits_for == "loading":
            return f"{label} loading {max(0.0, now - self._since):.0f} s"
        if self._waits_for:
            return f"{label} {self._waits_for}"
        if self._edit is not None:
            return self._edit_text(self._edit, label, now, columns, ascii_only=ascii_only)
        if self._in_hand:
            return f"{label} {self._score_text(now)}"
        return f"{label} idle"

    def _edit_text(
        self, edit: _Edit, label: str, now: float, columns: int, *, ascii_only: bool
    ) -> str:
        elapsed = max(0.0, now - edit.since)
        if not self.steps or edit.of < 1:
            return f"{label} Editing {elapsed:.0f} s"
        # tqdm's own line; its live objects are not used, for they read the wall clock, write in
        # pieces, and share a list and a lock with the bars of the program around us.
        return tqdm.format_meter(
            min(edit.step, edit.of),
            edit.of,
            elapsed,
            ncols=columns,
            prefix=f"{label} Denoising",
            ascii=ascii_only,
            rate=edit.rate(),
            bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]",
        )

    def _score_text(self, now: float) -> str:
        if self._batch is None:
            since = min(self._in_hand.values())
            return f"Scoring one sample again, {duration(now - since)}"
        batch = self._batch
        done = max(0, batch.samples - len(self._in_hand))
        return f"Scoring batch {batch.number}/{batch.of} ({done} of {batch.samples})"
