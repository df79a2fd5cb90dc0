"""What a reporter is given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO, runtime_checkable

from editgauge.core.hooks.events import BatchEvent, RunEvent, SampleEvent, StepEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterContext:
    """What a reporter may use beside events.

    Attributes:
        run_id: name of the run directory.
        run_dir: the run directory.
        stderr: where people read; a terminal reporter draws here.
        stdout: for what a program asked for.
        interactive: whether `stderr` is a terminal that can move its cursor.
        color: whether colour is wanted on `stderr` (`NO_COLOR`, `FORCE_COLOR`, terminal).
        notebook: whether `stderr` is shown below a cell of a notebook: a carriage return begins
            the line anew, the cursor cannot be moved otherwise.
        size: returns columns and rows of the terminal, now.
        clock: seconds since the run started; in a replay, the time of the recording. The only
            clock that a reporter may look at.
        new_files: whether a file that is written line by line must be a new one: a replay adds
            nothing to what a run has written. Nothing else may depend on it.
    """

    run_id: str
    run_dir: Path
    stderr: TextIO
    stdout: TextIO
    interactive: bool
    color: bool
    size: Callable[[], tuple[int, int]]
    clock: Callable[[], float]
    notebook: bool = False
    new_files: bool = False


class Reporter:
    """A base for reporters that nobody has to use: it lets type checkers know the hooks.

    A reporter overrides what it wants to hear and marks it by `hookimpl`; what is not marked is not
    called. A method that takes another event than its hook is then reported by mypy and pyright,
    and with `typing.override` a misspelt name, too.
    """

    def run_event(self, event: RunEvent) -> None:
        """Observe the run; see the hook `run_event`."""

    def batch_event(self, event: BatchEvent) -> None:
        """Observe batches; see the hook `batch_event`."""

    def sample_event(self, event: SampleEvent) -> None:
        """Observe samples; see the hook `sample_event`."""

    def step_event(self, event: StepEvent) -> None:
        """Observe denoising steps; see the hook `step_event`."""


@runtime_checkable
class Ticking(Protocol):
    """A reporter that wants to redraw between events."""

    def tick(self) -> None:
        """Redraw; called about ten times a second in the reporter's own thread.

        A replay calls it at other moments, so nothing that stays may depend on when it is called.
        """
        ...


@runtime_checkable
class Producing(Protocol):
    """A reporter that makes something to look at when the run has ended."""

    @property
    def product(self) -> Path | None:
        """Return the file to open, or None as long as this run has not written it."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A reporter that has something to finish."""

    def close(self) -> None:
        """Finish; called once after the last event, in the reporter's own thread."""
        ...


@runtime_checkable
class EndingUnfinished(Protocol):
    """A reporter that writes at the end of the run, and can write what it has before that."""

    def end_unfinished(self) -> None:
        """Write what was heard so far, marked as partial; `close` comes after it.

        Only a replay calls it, when the recording ends before the run did. A live run has an end.
        """
        ...
