"""Turns signals into an orderly end of the run."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

from editgauge.core.outcomes import ExitCode

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}


class RunInterruptedError(Exception):
    """The user, or the system, asked the run to end."""

    def __init__(self, signal_number: int) -> None:
        """Keep which signal asked."""
        self.exit_code = _EXIT_CODES.get(signal.Signals(signal_number), ExitCode.INTERRUPTED)
        super().__init__(f"interrupted by {signal.Signals(signal_number).name}")


class Interrupts:
    """Signals that came: the first asks for an orderly end, the second for a quick one."""

    def __init__(self, wake: Callable[[], None]) -> None:
        """Call `wake` (it must be safe in a signal handler) when a signal comes."""
        self._wake = wake
        self._signals: list[int] = []

    def check(self) -> None:
        """Raise if a signal came.

        Raises:
            RunInterruptedError: one did.
        """
        if self._signals:
            raise RunInterruptedError(self._signals[0])

    def hurry(self) -> bool:
        """Return whether a second signal came: nothing is waited for any more."""
        return len(self._signals) > 1

    def add(self, signal_number: int) -> None:
        """Take note of a signal; the third one ends the process on the spot."""
        self._signals.append(signal_number)
        if len(self._signals) > 2:
            # Workers follow by their guards.
            os._exit(128 + signal_number)
        self._wake()

    @contextlib.contextmanager
    def installed(self, *, wanted: bool) -> Iterator[None]:
        """Handle SIGINT, SIGTERM and SIGHUP, if wanted and if this is the main thread."""
        if not wanted or threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(signal_number: int, _frame: FrameType | None) -> None:
            self.add(signal_number)

        former = {}
        for number in _EXIT_CODES:
            # A signal that was ignored from outside (nohup) stays ignored.
            if signal.getsignal(number) is not signal.SIG_IGN:
                former[number] = signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
