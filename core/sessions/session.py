"""What the sessions of editors and judges share: calls, results in turn, and the end."""

import os
import threading
import warnings
import weakref
from collections.abc import Callable, Generator, Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from editgauge.core.sessions.calls import Answer, Call, Request
from editgauge.core.sessions.engine import Engine

_ABANDONED_SECONDS = 30.0
"""Time that the workers of a session have to end that nobody has closed."""


class Session:
    """A model in its workers, open for calls of any thread until it is closed."""

    def __init__(self, engine: Engine) -> None:
        """Take over an open engine."""
        self._engine = engine
        # A session that is forgotten, or open at the end of the process, leaves nothing behind.
        self._finalizer = weakref.finalize(self, _abandon, engine, repr(self))

    def __repr__(self) -> str:
        """Return class and folder."""
        state = "closed" if self.closed else "open"
        return f"<{type(self).__name__} {self._engine.folder.path.name!r}, {state}>"

    def __enter__(self) -> Self:
        """Return the session; it is closed at the end of the block."""
        self._engine.check()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session."""
        interrupted = error_type is not None and issubclass(error_type, KeyboardInterrupt)
        self._close(interrupted=interrupted)

    @property
    def folder(self) -> Path:
        """The session's folder, with its images and the logs of its workers."""
        return self._engine.folder.path

    @property
    def closed(self) -> bool:
        """Whether it takes no more calls: it was closed, or has ended by itself."""
        return self._engine.is_closed

    def close(self) -> None:
        """End the workers and the reporters, and wait for it; the second time, nothing happens.

        Calls of other threads that wait for results raise `SessionError`.
        """
        self._close()

    def _close(self, *, interrupted: bool = False) -> None:
        self._finalizer.detach()
        self._engine.close(interrupted=interrupted)

    def _answers(self, make_requests: Callable[[Call], Iterator[Request]]) -> Generator[Answer]:
        """Ask for requests and yield their answers as they come; few are asked for in advance.

        Whoever stops early, or is interrupted, leaves the session as it was: what no worker has
        begun is taken back, and the rest is thrown away when it comes.
        """
        engine, open_requests = self._engine, 0
        call = Call(engine.folder.keeper)
        remaining = make_requests(call)
        try:
            while group := tuple(islice(remaining, engine.group_size)):
                while open_requests and open_requests + len(group) > engine.window:
                    answer = self._next(call)
                    open_requests -= 1
                    yield answer
                engine.ask(call, group)
                open_requests += len(group)
            while open_requests:
                answer = self._next(call)
                open_requests -= 1
                yield answer
        finally:
            engine.forget(call, is_answered=open_requests == 0)

    def _next(self, call: Call) -> Answer:
        answer = call.next()
        if answer is None:
            self._engine.check()
            raise AssertionError("a call was ended in a session that goes on")
        return answer


def _abandon(engine: Engine, name: str) -> None:
    """Close a session that nobody has closed and nobody can use any more."""
    if os.getpid() != engine.process or engine.is_closed:
        return
    engine.stop_soon()
    # Whatever thread collects garbage at the moment must not wait, least of all the session's own.
    if threading.current_thread() is threading.main_thread():
        engine.wait(_ABANDONED_SECONDS)
    warnings.warn(
        f"unclosed session {name}; close it, or use it in a 'with' block",
        ResourceWarning,
        stacklevel=2,
    )
