"""What goes wrong: each fault as a function that does it to its own worker.

Standard library only, Python 3.10: imported in workers of any environment.
"""

import contextlib
import ctypes
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from editgauge.core.models import Config
from editgauge.core.workers.protocol import write_all

_FOR_EVER = 10**9
_WRITTEN_BY_FAULTHANDLER = ("SIGSEGV", "SIGFPE", "SIGABRT", "SIGBUS", "SIGILL")
_NASTY_LINES = (
    b"\x1b[2J\x1b[31mcolours and a cleared screen\x1b[0m\n",
    b"\x1b]0;a new title\x07\x9b31m and C1 controls\n",
    b"Loading:  10%|#         | 1/10\rLoading: 100%|##########| 10/10\n",
    "\u202etxet desrever\u202c and \u2066isolates\u2069\n".encode(),
    b"::error file=run.yaml::a workflow command\n",
    b"##[error]another one\n",
    b"NUL \x00, backspaces \x08\x08\x08, a bell \x07, no UTF-8 \xff\xfe\xc3\x28\n",
    b"\n",
    b'{"kind": "edited", "width": 1, "height": 1}\n',
)
_OF_TORCH = ("out_of_memory", "illegal_memory_access")
_LINE = b"x" * 999 + b"\n"


class FaultError(RuntimeError):
    """Raised on purpose."""


def do(fault: Config, name: str) -> None:
    """Do a fault; returns if the work may go on after it.

    Args:
        fault: its configuration.
        name: what it is called in messages.
    """
    _ACTIONS[fault.do](fault, name)


def prepare(faults: Iterable[Config]) -> None:
    """Import what faults need, while the model is loaded.

    Importing torch takes seconds; in the middle of an edit it would count for the edit, and might
    outlast `request_timeout`.
    """
    if any(fault.do in _OF_TORCH for fault in faults):
        _torch()


def _raise(fault: Config, name: str) -> None:
    raise FaultError(fault.message or f"raised on purpose by {name}")


def _exit(fault: Config, _name: str) -> None:
    os._exit(1 if fault.code is None else fault.code)


def _kill(fault: Config, name: str) -> None:
    chosen = signal.Signals[fault.signal or "SIGKILL"]
    if chosen.name not in ("SIGKILL", *_WRITTEN_BY_FAULTHANDLER):
        # Python ignores some signals and turns others into exceptions. A thread cannot change that.
        with contextlib.suppress(ValueError):
            signal.signal(chosen, signal.SIG_DFL)
    os.kill(os.getpid(), chosen)
    # A signal may take a moment to arrive.
    time.sleep(60)
    raise FaultError(f"{name} sent {chosen.name}, but the worker lives on")


def _hang(fault: Config, _name: str) -> None:
    end = time.monotonic() + (fault.seconds or _FOR_EVER)
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 3600))


def _hang_in_c(fault: Config, _name: str) -> None:
    """Sleep in C and keep the interpreter's lock, so that no other thread runs, either."""
    libc = ctypes.PyDLL(None)
    end = time.monotonic() + (fault.seconds or _FOR_EVER)
    while (left := end - time.monotonic()) > 0:
        libc.poll(None, 0, int(min(left, 3600) * 1000) + 1)


def _stop(_fault: Config, _name: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _print(fault: Config, _name: str) -> None:
    """Write from Python, from C and from a grandchild, and then a flood."""
    for stream in (sys.stdout, sys.stderr):
        for line in _NASTY_LINES:
            stream.write(line.decode("utf-8", "replace"))
        stream.flush()
    for descriptor in (1, 2):
        write_all(descriptor, b"".join(_NASTY_LINES))
    libc = ctypes.CDLL(None)
    libc.puts(b"written by C \x1b[35m without Python\r")
    libc.fflush(None)
    program = "import sys; sys.stdout.write('written by a grandchild \\x1b[36m'); sys.exit(1)"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=False)
    for number in range(int((fault.megabytes or 1) * 1000)):
        write_all(1 + number % 2, _LINE)
    # A last line without an end, as a crash leaves it.
    write_all(2, b"and no end of the line")


def _break_protocol(fault: Config, _name: str) -> None:
    breach = fault.breach or "garbage"
    if len(sys.argv) < 3 or not sys.argv[0].endswith("child.py"):
        raise FaultError("'do: break_protocol' works in a worker only: there is no channel here")
    write_all(int(sys.argv[2]), _BREACHES[breach])
    if breach == "half_frame":
        os._exit(0)


def _frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


_BREACHES = {
    # Read as a length, the first four letters are far too much.
    "garbage": b"Loading checkpoint shards: 100%|##########| 4/4\n",
    "huge_length": b"\xff\xff\xff\xff",
    "half_frame": _frame(json.dumps({"kind": "edited", "seconds": 1.0}).encode())[:-7],
    "not_json": _frame(b"{'kind': nan}"),
    "wrong_kind": _frame(b'{"kind":"unheard-of"}'),
}


def _out_of_memory(_fault: Config, name: str) -> None:
    raise _library_error(
        "OutOfMemoryError",
        MemoryError,
        f"CUDA out of memory. Tried to allocate 2.00 GiB ... (on purpose, by {name})",
    )


def _illegal_memory_access(_fault: Config, name: str) -> None:
    raise _library_error(
        "AcceleratorError",
        RuntimeError,
        f"CUDA error: an illegal memory access was encountered (on purpose, by {name})",
    )


def _library_error(name: str, otherwise: type[Exception], message: str) -> Exception:
    """Return the error that torch would raise, or another one where there is no torch."""
    error: type[Exception] = getattr(_torch(), name, otherwise)
    return error(message)


def _torch() -> ModuleType | None:
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


_ACTIONS: dict[str, Callable[[Config, str], Any]] = {
    "raise": _raise,
    "exit": _exit,
    "kill": _kill,
    "hang": _hang,
    "hang_in_c": _hang_in_c,
    "stop": _stop,
    "print": _print,
    "break_protocol": _break_protocol,
    "out_of_memory": _out_of_memory,
    "illegal_memory_access": _illegal_memory_access,
}
