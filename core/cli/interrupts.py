"""Signals before and after a run: at no moment do they give the process another exit code.

While a run goes on, they are its own (`core.run.signals`). Only for a process of ours: a program
that calls `main` keeps its handlers.
"""

import atexit
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from editgauge.core.outcomes import ExitCode

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def can_answer() -> bool:
    """Return whether handlers can be set here: in the main thread only."""
    return threading.current_thread() is threading.main_thread()


def answer() -> None:
    """From now on, let the first SIGINT raise KeyboardInterrupt and another one end the process.

    Python's own handler raises each time, also while the first one is being reported; then the
    process would end by the signal, and not with 130. A SIGINT that is ignored stays ignored.
    """
    # Python gives its handlers back before the process has ended; what is ignored stays so.
    atexit.register(_ignore)
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    came = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        if came:
            os._exit(ExitCode.INTERRUPTED)
        came = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, handle)


def end_with(code: int) -> None:
    """Let signals end the process at once, with the exit code that it is about to have anyway.

    Everything is written by now. What may still be waited for are threads of plugins.
    """
    _handle(lambda _number, _frame: os._exit(code))


def _ignore() -> None:
    _handle(signal.SIG_IGN)


def _handle(handler: Callable[[int, FrameType | None], Any] | signal.Handlers) -> None:
    for number in _ENDING:
        # None is a handler of a program around Python, which could not be put back.
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, handler)
