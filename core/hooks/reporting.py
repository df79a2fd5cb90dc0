"""What a reporter is given."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO, runtime_checkable


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
