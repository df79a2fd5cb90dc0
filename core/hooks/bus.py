"""The typed bus: the only caller of the observing hooks.

Each plugin that observes has a thread of its own behind a bounded queue, so it needs no locks and
cannot slow the run, and a plugin that raises is muted alone.
"""

import inspect
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from editgauge.core.hooks.events import Event, ReporterFailed, Scope, StepEvent
from editgauge.core.hooks.plugin_manager import REPORTER_PREFIX, PluginManager
from editgauge.core.hooks.reporting import Closing, Ticking
from editgauge.core.text import shorten

QUEUE_SIZE = 10_000
"""Events that may wait for a plugin before step events are left out."""
QUEUE_LIMIT = 100_000
"""Events that may wait for a plugin before any event is left out."""
TICK_SECONDS = 0.1
"""Time between two ticks of a plugin that wants them, however many events come in."""
HURRIED_DRAIN_SECONDS = 0.5
"""Time that reporters have at the end of a run that is in a hurry."""
_HURRY_POLL_SECONDS = 0.05
_ERROR_LENGTH = 1000

Implementation = Callable[[Event], None]

_HOOKS: dict[Scope, str] = {
    "run": "run_event",
    "batch": "batch_event",
    "sample": "sample_event",
    "step": "step_event",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A reporter that raised: its name, the hook, and the error in a line."""

    reporter: str
    hook: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """Events that a reporter did not get; `hung` if it was still busy at the deadline."""

    reporter: str
    events: int
    hung: bool


class Bus:
    """Stamps events and hands them to every plugin that observes."""

    def __init__(
        self,
        plugins: PluginManager,
        *,
        run_id: str,
        clock: Callable[[], float],
        queue_size: int = QUEUE_SIZE,
        queue_limit: int = QUEUE_LIMIT,
        redact: Callable[[str], str] = str,
    ) -> None:
        """Start one thread per observing plugin; plugins that are registered later hear nothing.

        Args:
            plugins: the plugins, reporters among them.
            run_id: name of the run directory.
            clock: seconds since the run started.
            queue_size: see `QUEUE_SIZE`.
            queue_limit: see `QUEUE_LIMIT`.
            redact: takes secrets out of what a failing reporter says.
        """
        self._redact = redact
        self.failures: list[Failure] = []
        self._clock = clock
        self._run_id = run_id
        self._seq = 0
        self._closed = False
        self._lock = threading.Lock()
        self._listeners = list(_listeners(plugins, queue_size, queue_limit, self._failed))
        for listener in self._listeners:
            listener.thread.start()

    def emit(self, event: Event) -> None:
        """Stamp the event and queue it for every plugin; never waits for one."""
        with self._lock:
            if self._closed:
                return
            self._seq += 1
            stamped = replace(
                event,
                seq=self._seq,
                time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                elapsed=round(self._clock(), 6),
                run_id=self._run_id,
            )
            for listener in self._listeners:
                listener.put(stamped)

    def close(
        self, drain_timeout: float, hurry: Callable[[], bool] = lambda: False
    ) -> list[Undelivered]:
        """Deliver what waits, close the reporters, and return what could not be delivered.

        A reporter that is still busy at the deadline hears nothing more, should it ever wake up.
        A reporter that raises from here on is found in `failures`; nobody else is told, for the
        last event of the run is out.

        Args:
            drain_timeout: seconds that all reporters together have to catch up.
            hurry: asked again and again; once it says yes, they have `HURRIED_DRAIN_SECONDS`.
        """
        with self._lock:
            self._closed = True
        for listener in self._listeners:
            listener.finish()
        self._drain(time.monotonic() + drain_timeout, hurry)
        return [
            Undelivered(reporter=listener.name, events=missed, hung=hung)
            for listener in self._listeners
            for missed, hung in [listener.give_up()]
            if missed or hung
        ]

    def _drain(self, deadline: float, hurry: Callable[[], bool]) -> None:
        hurried = False
        for listener in self._listeners:
            while listener.thread.is_alive():
                now = time.monotonic()
                if not hurried and hurry():
                    hurried, deadline = True, min(deadline, now + HURRIED_DRAIN_SECONDS)
                if now >= deadline:
                    return
                listener.thread.join(min(_HURRY_POLL_SECONDS, deadline - now))

    def _failed(self, failure: Failure) -> None:
        failure = replace(failure, error=self._redact(failure.error))
        self.failures.append(failure)
        self.emit(ReporterFailed(reporter=failure.reporter, hook=failure.hook, error=failure.error))


class _Listener:
    """One plugin's queue and thread."""

    def __init__(
        self,
        name: str,
        plugin: object,
        implementations: dict[Scope, list[Implementation]],
        *,
        queue_size: int,
        queue_limit: int,
        on_failure: Callable[[Failure], None],
    ) -> None:
        self.name = name
        self.thread = threading.Thread(target=self._run, name=f"reporter-{name}", daemon=True)
        self._plugin = plugin
        self._implementations = implementations
        self._queue_size = queue_size
        self._queue_limit = queue_limit
        self._on_failure = on_failure
        self._waiting: deque[Event] = deque()
        self._wake = threading.Condition()
        self._finishing = False
        self._muted = False
        self._left_out = 0

    def put(self, event: Event) -> None:
        if event.scope not in self._implementations:
            return
        with self._wake:
            if self._muted:
                return
            waiting = len(self._waiting)
            if waiting >= self._queue_limit or (
                waiting >= self._queue_size and isinstance(event, StepEvent)
            ):
                self._left_out += 1
                return
            self._waiting.append(event)
            self._wake.notify()

    def finish(self) -> None:
        with self._wake:
            self._finishing = True
            self._wake.notify()

    def give_up(self) -> tuple[int, bool]:
        """Drop what still waits; return how many events were missed and whether it is busy."""
        with self._wake:
            missed = self._left_out + len(self._waiting)
            self._left_out = missed
            self._waiting.clear()
        return missed, self.thread.is_alive()

    def _run(self) -> None:
        ticking = self._plugin if isinstance(self._plugin, Ticking) else None
        next_tick = time.monotonic() + TICK_SECONDS if ticking is not None else None
        while (event := self._next(next_tick)) is not _END:
            if isinstance(event, Event):
                for implementation in self._implementations[event.scope]:
                    self._call(_HOOKS[event.scope], implementation, event)
            elif ticking is not None:
                self._call("tick", ticking.tick)
                next_tick = time.monotonic() + TICK_SECONDS
            if self._muted:
                next_tick = None
        if isinstance(self._plugin, Closing):
            self._call("close", self._plugin.close, even_if_muted=True)

    def _next(self, next_tick: float | None) -> object:
        """Return the next event, `None` when it is time for a tick, or `_END`."""
        with self._wake:
            while True:
                if self._finishing and not self._waiting:
                    return _END
                # A tick that is due goes first: a steady stream of events must not hold it up.
                remaining = None if next_tick is None else next_tick - time.monotonic()
                if remaining is not None and remaining <= 0:
                    return None
                if self._waiting:
                    return self._waiting.popleft()
                self._wake.wait(remaining)

    def _call(
        self,
        hook: str,
        function: Callable[..., None],
        *arguments: Event,
        even_if_muted: bool = False,
    ) -> None:
        if self._muted and not even_if_muted:
            return
        try:
            function(*arguments)
        # SystemExit is one, and so is a panic of an extension written in Rust.
        except BaseException as error:  # noqa: BLE001 - a reporter may raise anything
            if self._muted:
                return
            with self._wake:
                self._muted = True
                self._waiting.clear()
            self._on_failure(Failure(reporter=self.name, hook=hook, error=_in_a_line(error)))


_END = object()


def _listeners(
    plugins: PluginManager,
    queue_size: int,
    queue_limit: int,
    on_failure: Callable[[Failure], None],
) -> Iterator[_Listener]:
    manager = plugins.pluggy
    for name, plugin in manager.list_name_plugin():
        if plugin is None:
            continue
        implementations: dict[Scope, list[Implementation]] = {}
        for scope, hook in _HOOKS.items():
            for implementation in getattr(manager.hook, hook).get_hookimpls():
                if implementation.plugin is plugin:
                    implementations.setdefault(scope, []).append(_caller(implementation))
        if implementations:
            yield _Listener(
                name.removeprefix(REPORTER_PREFIX),
                plugin,
                implementations,
                queue_size=queue_size,
                queue_limit=queue_limit,
                on_failure=on_failure,
            )


def _caller(implementation: Any) -> Implementation:
    function: Callable[..., Any] = implementation.function
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return _refuse
    return function if implementation.argnames else lambda _event: function()


def _refuse(_event: Event) -> None:
    raise TypeError(
        "an observing hook is a plain function; a generator, a wrapper or an async function "
        "would never be run"
    )


def _in_a_line(error: BaseException) -> str:
    try:
        message = str(error)
    except Exception as another:  # noqa: BLE001 - __str__ is the reporter's code, too
        message = f"(its message cannot be shown: {type(another).__name__})"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return shorten(
        f"{type(error).__name__}: {' '.join(message.split())} "
        f"({place.filename}, line {place.lineno})",
        _ERROR_LENGTH,
    )
