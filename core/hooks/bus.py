"""The typed bus: the only caller of the observing hooks.

Each plugin that observes has a thread of its own behind a bounded queue, so it needs no locks and
cannot slow the run, and a plugin that raises is muted alone.
"""

import functools
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from editgauge.core.hooks.events import Event, ReporterFailed, Scope, StepEvent
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.reporting import Closing, Ticking

QUEUE_SIZE = 10_000
"""Events that may wait for a plugin before step events are left out."""
QUEUE_LIMIT = 100_000
"""Events that may wait for a plugin before any event is left out."""
TICK_SECONDS = 0.1

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
    ) -> None:
        """Start one thread per observing plugin.

        Args:
            plugins: the plugins, reporters among them.
            run_id: name of the run directory.
            clock: seconds since the run started.
            queue_size: see `QUEUE_SIZE`.
            queue_limit: see `QUEUE_LIMIT`.
        """
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

    def close(self, drain_timeout: float) -> list[Undelivered]:
        """Deliver what waits, close the reporters, and return what could not be delivered.

        Args:
            drain_timeout: seconds that all reporters together have to catch up.
        """
        with self._lock:
            self._closed = True
        for listener in self._listeners:
            listener.finish()
        deadline = time.monotonic() + drain_timeout
        for listener in self._listeners:
            listener.thread.join(max(0.0, deadline - time.monotonic()))
        return [
            Undelivered(reporter=listener.name, events=missed, hung=listener.thread.is_alive())
            for listener in self._listeners
            if (missed := listener.missed()) or listener.thread.is_alive()
        ]

    def _failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.emit(ReporterFailed(reporter=failure.reporter, hook=failure.hook, error=failure.error))


class _Listener:
    """One plugin's queue and thread."""

    def __init__(
        self,
        name: str,
        plugin: object,
        implementations: dict[Scope, Callable[[Event], None]],
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
        if self._muted or event.scope not in self._implementations:
            return
        with self._wake:
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

    def missed(self) -> int:
        with self._wake:
            return self._left_out + (0 if self._muted else len(self._waiting))

    def _run(self) -> None:
        ticking = self._plugin if isinstance(self._plugin, Ticking) else None
        while (event := self._next(ticking is not None)) is not _END:
            if isinstance(event, Event):
                hook = self._implementations[event.scope]
                self._call(_HOOKS[event.scope], functools.partial(hook, event))
            elif ticking is not None and not self._muted:
                self._call("tick", ticking.tick)
        if isinstance(self._plugin, Closing):
            self._call("close", self._plugin.close, even_if_muted=True)

    def _next(self, ticking: bool) -> object:
        """Return the next event, `None` when it is time for a tick, or `_END`."""
        with self._wake:
            if not self._waiting and not self._finishing:
                self._wake.wait(TICK_SECONDS if ticking else None)
            if self._waiting:
                return self._waiting.popleft()
            return _END if self._finishing else None

    def _call(
        self, hook: str, function: Callable[[], None], *, even_if_muted: bool = False
    ) -> None:
        if self._muted and not even_if_muted:
            return
        try:
            function()
        except Exception as error:  # noqa: BLE001 - a reporter may raise anything
            if self._muted:
                return
            self._muted = True
            with self._wake:
                self._waiting.clear()
            place = traceback.extract_tb(error.__traceback__)[-1]
            self._on_failure(
                Failure(
                    reporter=self.name,
                    hook=hook,
                    error=f"{type(error).__name__}: {error} "
                    f"({place.filename}, line {place.lineno})",
                )
            )


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
        implementations: dict[Scope, Callable[[Event], None]] = {}
        for scope, hook in _HOOKS.items():
            for implementation in getattr(manager.hook, hook).get_hookimpls():
                if implementation.plugin is plugin:
                    implementations[scope] = _caller(implementation)
        if implementations:
            yield _Listener(
                name,
                plugin,
                implementations,
                queue_size=queue_size,
                queue_limit=queue_limit,
                on_failure=on_failure,
            )


def _caller(implementation: Any) -> Callable[[Event], None]:
    function: Callable[..., None] = implementation.function
    return function if implementation.argnames else lambda _event: function()
