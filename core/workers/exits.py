"""Why a worker's process ended, in words.

What the kernel kills for want of memory gets the same SIGKILL as what a user or a batch system
kills. The kernel counts its own kills, though: in the control group that the workers share with
this process (`memory.events` of version 2, `memory.oom_control` of version 1), and for the whole
machine in `/proc/vmstat`. A counter that has grown since the worker's start tells the two apart.
"""

import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path

_SIGNAL_HINTS = {
    "SIGABRT": "native code gave up",
    "SIGBUS": "bus error; often shared memory, /dev/shm, is full",
    "SIGFPE": "arithmetic error in native code",
    "SIGHUP": "from outside",
    "SIGILL": "native code was built for another processor",
    "SIGINT": "from outside",
    "SIGSEGV": "native code touched memory that is not its own",
    "SIGSYS": "a system call is forbidden here",
    "SIGTERM": "from outside",
    "SIGXCPU": "the limit of processor time is reached",
    "SIGXFSZ": "the limit of a file's size is reached",
}
_SHELL_OFFSET = 128
"""A shell ends with this and the number of the signal that ended its command."""
_COUNTER = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_GROUPS = Path("/sys/fs/cgroup")


def describe_exit(exit_code: int, *, out_of_memory: bool | None = None) -> str:
    """Return how a process ended in words, to follow its name.

    Args:
        exit_code: as `subprocess.Popen.returncode`: negative for a signal.
        out_of_memory: whether the kernel killed a process for want of memory; None if unknown.
    """
    if exit_code >= 0:
        name = _signal_name(exit_code - _SHELL_OFFSET)
        shell = f" (what a shell says of a command killed by {name})" if name else ""
        return f"exited with code {exit_code}{shell}"
    number = -exit_code
    if number == signal.SIGKILL:
        if out_of_memory:
            return "killed by the kernel because memory ran out (SIGKILL)"
        if out_of_memory is None:
            return "killed by SIGKILL, from outside or because memory ran out"
        return (
            "killed by SIGKILL from outside (the kernel counted no out-of-memory kill; it may have "
            "been a user, a batch system or a memory daemon)"
        )
    name = _signal_name(number) or f"signal {number}"
    hint = _SIGNAL_HINTS.get(name)
    return f"killed by {name}" + (f" ({hint})" if hint else "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


class OutOfMemoryKills:
    """Attributes the kernel's kills to lost workers, each kill to one of them.

    Safe to use from several threads.
    """

    def __init__(self, read: Callable[[], int | None]) -> None:
        """Take what reads the kernel's counter, or gives None where there is none."""
        self._read = read
        self._lock = threading.Lock()
        self._attributed = 0

    def count(self) -> int | None:
        """Return the counter, to be kept from the start of a worker on."""
        return self._read()

    def claim(self, count_at_start: int | None) -> bool | None:
        """Return whether there was a kill since then that no other worker has claimed.

        Args:
            count_at_start: what `count` gave when the worker was started.

        Returns:
            None if the kernel does not tell.
        """
        with self._lock:
            now = self._read()
            if now is None or count_at_start is None:
                return None
            known = max(self._attributed, count_at_start)
            if now <= known:
                return False
            self._attributed = known + 1
            return True


def count_kills() -> int | None:
    """Return how many processes the kernel has killed for want of memory, or None if unknown.

    In the control group of this process if that has a counter, else on the whole machine.
    """
    for file in _group_files():
        count = _counter(file)
        if count is not None:
            return count
    return _counter(Path("/proc/vmstat"))


def _group_files() -> list[Path]:
    """Return where the counter of the own control group may be, the likeliest first.

    In a container, the group's path is often the host's, and its files are at the root.
    """
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    files: list[Path] = []
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        place = path.lstrip("/")
        if "memory" in controllers.split(","):
            folder, name = _GROUPS / "memory", "memory.oom_control"
            # Version 1 rules where it has the controller.
            files[:0] = [folder / place / name, folder / name]
        elif not controllers:
            files += [_GROUPS / place / "memory.events", _GROUPS / "memory.events"]
    return files


def _counter(file: Path) -> int | None:
    try:
        found = _COUNTER.search(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return int(found[1]) if found else None


kernel_kills = OutOfMemoryKills(count_kills)
"""The kernel's kills, shared by all workers of this process."""
