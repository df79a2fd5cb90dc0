"""Finds what a worker left behind when the guard that should have ended it is gone.

Every worker has a mark of its own in its environment, and what it starts inherits it, in sessions
of their own too. Where there is no `/proc` (macOS), nothing is found.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

MARK_VARIABLE = "EDITGAUGE_WORKER_MARK"
"""Environment variable with a random text that only this worker and what it started have."""
_KILL_SECONDS = 5.0
_POLL_SECONDS = 0.01


def find_marked(mark: str) -> list[int]:
    """Return the ids of all processes with this mark that are alive."""
    entry = f"{MARK_VARIABLE}={mark}".encode()
    found = []
    with contextlib.suppress(OSError):
        for process in os.listdir("/proc"):  # noqa: PTH208 - names are what is needed
            # Zombies have no environment, and those of other users cannot be read.
            with contextlib.suppress(OSError):
                if (
                    process.isdigit()
                    and entry in Path("/proc", process, "environ").read_bytes().split(b"\0")
                    and int(process) != os.getpid()
                ):
                    found.append(int(process))
    return found


def kill_marked(mark: str) -> None:
    """Kill all processes with this mark, again and again, until none is left."""
    deadline = time.monotonic() + _KILL_SECONDS
    while (marked := find_marked(mark)) and time.monotonic() < deadline:
        for process in marked:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        time.sleep(_POLL_SECONDS)
