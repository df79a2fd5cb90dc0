"""The typed bus: the only caller of the observing hooks.

Each plugin that observes has a thread of its own behind a bounded queue, so it needs no locks and
cannot slow the run, and a plugin that raises is muted alone.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from editgauge.core.hooks.events import Event, ReporterFailed
from editgauge.core.hooks.listener import Bounds, Listener, characters_of
from editgauge.core.hooks.observers import error_in_a_line, observers
from editgauge.core.hooks.plugin_manager import PluginManager

QUEUE_SIZE = 10_000
"""Events that may wait for a plugin before step events are left out."""
QUEUE_LIMIT = 100_000
"""Events that may wait for a plugin before any event is left out, but for the end of the run."""
QUEUE_CHARACTERS = 64_000_000
"""Characters of text in the events that wait for a plugin before any event is left out."""
TICK_SECONDS = 0.1
"""Time between two ticks of a plugin that wants them, however many events come in."""
HURRIED_DRAIN_SECONDS = 0.5
"""Time that reporters have at the end of a run that is in a hurry."""
_HURRY_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A reporter that raised: its name, the hook, and the error in a line."""

    reporter: str
    hook: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """What a reporter did not get.

    Attributes:
        reporter: its name.
        events: how many events.
        hung: whether it was still busy at the deadline.
        steps: how many of the events were of denoising steps.
    """

    reporter: str
    events: int
    hung: bool
    steps: int = 0


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
        queue_characters: int = QUEUE_CHARACTERS,
        redact: Callable[[str], str] = str,
    ) -> None:
        """Start one thread per observing plugin; plugins that are registered later hear nothing.

        Args:
            plugins: the plugins, reporters among them.
            run_id: name of the run directory.
            clock: seconds since the run started.
            queue_size: see `QUEUE_SIZE`.
            queue_limit: see `QUEUE_LIMIT`.
            queue_characters: see `QUEUE_CHARACTERS`.
            redact: takes secrets out of what a failing reporter says.
        """
        self._redact = redact
        self.failures: list[Failure] = []
        self._clock = clock
        self._run_id = run_id
        self._seq = 0
        self._closed = False
        self._lock = threading.Lock()
        bounds = Bounds(steps=queue_size, events=queue_limit, characters=queue_characters)
        self._listeners = [
            Listener(observer, bounds, tick_seconds=TICK_SECONDS, on_failure=self._failed)
            for observer in observers(plugins)
        ]
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
            characters = characters_of(stamped)
            for listener in self._listeners:
                listener.put(stamped, characters)

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
            Undelivered(
                reporter=listener.name, events=missed.events, hung=missed.busy, steps=missed.steps
            )
            for listener in self._listeners
            for missed in [listener.give_up()]
            if missed.events or missed.busy
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

    def _failed(self, reporter: str, hook: str, error: BaseException) -> None:
        text = self._redact(error_in_a_line(error))
        self.failures.append(Failure(reporter=reporter, hook=hook, error=text))
        self.emit(ReporterFailed(reporter=reporter, hook=hook, error=text))
