"""Streams that may take nothing any more: a terminal stopped with Ctrl-S, a pipe nobody reads.

A write to one of them lasts until somebody lets it go on, which may be never.
"""

import contextlib
import threading
from collections.abc import Callable
from typing import TextIO

PATIENCE_SECONDS = 2.0
"""How long a stream is waited for."""


def write_if_taken(stream: TextIO, text: str, *, patience: float = PATIENCE_SECONDS) -> bool:
    """Write and flush; return whether the stream took it in time.

    Args:
        stream: where to. That nobody reads it any more is no error here.
        text: what.
        patience: seconds after which it is left to a thread that ends with the process.
    """

    def write() -> None:
        stream.write(text)
        stream.flush()

    return _done_in_time(write, patience)


def flush_if_taken(stream: TextIO | None, *, patience: float = PATIENCE_SECONDS) -> bool:
    """Flush; return whether the stream took in time what was still to be written.

    Args:
        stream: the stream; None is none at all, as in a program without a console.
        patience: as for `write_if_taken`.
    """
    return stream is None or _done_in_time(stream.flush, patience)


def _done_in_time(work: Callable[[], None], patience: float) -> bool:
    def attempt() -> None:
        # Closed, broken, or no stream at all: nobody is left who could read of it.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            work()

    thread = threading.Thread(target=attempt, name="stopped-stream", daemon=True)
    thread.start()
    thread.join(patience)
    return not thread.is_alive()
