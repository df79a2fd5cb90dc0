"""Turns signals into an orderly end of the run, or a report of how far it is."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import FrameType
from typing import ParamSpec, TypeVar

from editgauge.core.outcomes import ExitCode

_EXIT_CODES = {
    signal.SIGINT: ExitCode.INTERRUPTED,
    signal.SIGTERM: ExitCode.TERMINATED,
    signal.SIGHUP: ExitCode.HANGUP,
}

_POLL_SECONDS = 0.1

_P = ParamSpec("_P")
_T = TypeVar("_T")


class RunInterruptedError(Exception):
    """The user, or the system, asked the run to end."""

    def __init__(self, signal_number: int) -> None:
        """Keep which signal asked."""
        self.exit_code = _EXIT_CODES.get(signal.Signals(signal_number), ExitCode.INTERRUPTED)
        super().__init__(f"interrupted by {signal.Signals(signal_number).name}")


class Interrupts:
    """Signals that came: the first asks for an orderly end, the second for a quick one.

    Attributes:
        beat: called by whatever takes long, about ten times a second, also in other threads.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        """Call `wake` (it must be safe in a signal handler) when a signal comes."""
        self._wake = wake
        self._signals: list[int] = []
        self._patience = 1
        self._asked = False
        self.beat: Callable[[], None] = lambda: None

    def check(self) -> None:
        """Raise if a signal came.

        Raises:
            RunInterruptedError: one did.
        """
        self.beat()
        if self._signals:
            raise RunInterruptedError(self._signals[0])

    def hurry(self) -> bool:
        """Return whether nothing is waited for any more: a second signal came."""
        self.beat()
        return len(self._signals) > self._patience

    def take_question(self) -> bool:
        """Return whether SIGUSR1 came since the last call: somebody asks how far the run is."""
        asked, self._asked = self._asked, False
        return asked

    def no_work_is_left(self) -> None:
        """Take the next signal, though it be the first, as one that asks for a quick end."""
        self._patience = min(self._patience, len(self._signals))

    def add(self, signal_number: int) -> None:
        """Take note of a signal; the third one ends the process on the spot."""
        self._signals.append(signal_number)
        if len(self._signals) > 2:
            # Workers follow by their guards.
            os._exit(128 + signal_number)
        self._wake()

    def wait_for(self, work: Callable[_P, _T], *arguments: _P.args, **keywords: _P.kwargs) -> _T:
        """Return what `work` returns, or raise what it raises; it runs in a thread of its own.

        For what may take long in code of others: a signal ends the wait at once, and `check`
        raises in the thread, too, when the work comes to it.

        Raises:
            RunInterruptedError: a signal came before the work was done.
        """
        future: Future[_T] = Future()

        def run() -> None:
            try:
                future.set_result(work(*arguments, **keywords))
            except BaseException as error:  # noqa: BLE001 - raised again by `result`
                future.set_exception(error)

        threading.Thread(target=run, name="waited-for", daemon=True).start()
        try:
            while True:
                self.check()
                try:
                    future.exception(timeout=_POLL_SECONDS)
                except TimeoutError:
                    continue
                return future.result()
        except KeyboardInterrupt:
            # Not handled here (`installed`): the thread should hear of it all the same.
            self._signals.append(signal.SIGINT)
            raise

    @contextlib.contextmanager
    def installed(self, *, wanted: bool) -> Iterator[None]:
        """Handle SIGINT, SIGTERM, SIGHUP and SIGUSR1, if wanted and if this is the main thread.

        SIGUSR1 is left to a program that has a handler of its own for it.
        """
        if not wanted or threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(signal_number: int, _frame: FrameType | None) -> None:
            self.add(signal_number)

        def handle_question(_number: int, _frame: FrameType | None) -> None:
            self._asked = True
            self._wake()

        former = {}
        for number in _EXIT_CODES:
            # A signal that was ignored from outside (nohup) stays ignored. None is a handler of
            # a program around Python, which could not be put back.
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                former[number] = signal.signal(number, handle)
        if signal.getsignal(signal.SIGUSR1) in (signal.SIG_DFL, signal.SIG_IGN):
            former[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, handle_question)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
