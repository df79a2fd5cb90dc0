"""Streams that may take nothing any more: a terminal stopped with Ctrl-S, a pipe nobody reads.

A write to one of them lasts until somebody lets it go on, which may be never.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import TextIO

PATIENCE_SECONDS = 2.0
"""How long a stream is waited for."""


class Taken(Enum):
    """What became of something that was written."""

    WHOLE = auto()
    """The stream has it."""
    NEVER = auto()
    """Nobody reads the stream any more, or there is none."""
    NOT_YET = auto()
    """The stream is stopped; a thread that ends with the process waits for it."""


def write_if_taken(stream: TextIO, text: str, *, patience: float = PATIENCE_SECONDS) -> Taken:
    """Write and flush; return what became of it.

    Args:
        stream: where to.
        text: what.
        patience: seconds after which a stopped stream is left alone.
    """

    def write() -> None:
        stream.write(text)
        stream.flush()

    return _in_time(write, patience)


def settle(stream: TextIO | None, *, patience: float = PATIENCE_SECONDS) -> Taken:
    """Flush, so that the end of the process has nothing left to write; return what became of it.

    What nobody reads any more is thrown away. Else the interpreter would find it when it ends, and
    give the process another exit code.

    Args:
        stream: one of the process's own; None is none at all, as in a program without a console.
        patience: as for `write_if_taken`.
    """
    if stream is None:
        return Taken.NEVER
    taken = _in_time(stream.flush, patience)
    if taken is Taken.NEVER:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
    return taken


def _in_time(work: Callable[[], None], patience: float) -> Taken:
    taken: Taken = Taken.NOT_YET

    def attempt() -> None:
        nonlocal taken
        try:
            work()
        except (OSError, ValueError, AttributeError):
            taken = Taken.NEVER
        else:
            taken = Taken.WHOLE

    thread = threading.Thread(target=attempt, name="stopped-stream", daemon=True)
    thread.start()
    thread.join(patience)
    return taken
