"""One plugin that observes: its queue, which is bounded, and its thread."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

from editgauge.core.hooks.events import Event, RunFinished, StepEvent
from editgauge.core.hooks.observers import HOOKS, Observer
from editgauge.core.hooks.reporting import Closing, Ticking

OnFailure = Callable[[str, str, BaseException], None]
"""Is told the names of plugin and hook, and what it raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much may wait for a plugin.

    Attributes:
        steps: events that may wait before step events are left out.
        events: events that may wait before any event is left out.
        characters: characters of text in waiting events before any event is left out.
    """

    steps: int
    events: int
    characters: int


class Missed(NamedTuple):
    """What a plugin did not get: events, how many of them steps, and whether it is still busy."""

    events: int
    steps: int
    busy: bool


class Listener:
    """Calls one plugin in a thread of its own, so that it may take as long as it likes."""

    def __init__(
        self, observer: Observer, bounds: Bounds, *, tick_seconds: float, on_failure: OnFailure
    ) -> None:
        """Prepare it; whoever made it starts the thread.

        Args:
            observer: the plugin.
            bounds: how much may wait for it.
            tick_seconds: time between two ticks, if it wants them.
            on_failure: called once, in the plugin's thread, when it raises.
        """
        self.name = observer.name
        self.thread = threading.Thread(target=self._run, name=f"reporter-{self.name}", daemon=True)
        self._plugin = observer.plugin
        self._implementations = observer.implementations
        self._bounds = bounds
        self._tick_seconds = tick_seconds
        self._on_failure = on_failure
        self._waiting: deque[tuple[Event, int]] = deque()
        self._characters = 0
        self._wake = threading.Condition()
        self._finishing = False
        self._muted = False
        self._left_out = 0
        self._steps_left_out = 0

    def put(self, event: Event, characters: int) -> None:
        """Queue an event, or count it if too much waits already; never waits itself.

        Args:
            event: the event; the end of the run is queued in any case.
            characters: how much text is in it (`characters_of`).
        """
        if event.scope not in self._implementations:
            return
        with self._wake:
            if self._muted:
                return
            if self._is_too_much(event, characters):
                self._leave_out(event)
                return
            self._waiting.append((event, characters))
            self._characters += characters
            self._wake.notify()

    def finish(self) -> None:
        """Let the thread end when nothing waits any more."""
        with self._wake:
            self._finishing = True
            self._wake.notify()

    def give_up(self) -> Missed:
        """Drop what still waits; return all that the plugin did not get."""
        with self._wake:
            for event, _ in self._waiting:
                self._leave_out(event)
            self._clear()
        return Missed(self._left_out, self._steps_left_out, self.thread.is_alive())

    def _is_too_much(self, event: Event, characters: int) -> bool:
        waiting, bounds = len(self._waiting), self._bounds
        if isinstance(event, RunFinished):
            return False
        if waiting >= bounds.events or (
            waiting and self._characters + characters > bounds.characters
        ):
            return True
        return waiting >= bounds.steps and isinstance(event, StepEvent)

    def _leave_out(self, event: Event) -> None:
        self._left_out += 1
        self._steps_left_out += isinstance(event, StepEvent)

    def _clear(self) -> None:
        self._waiting.clear()
        self._characters = 0

    def _run(self) -> None:
        ticking = self._plugin if isinstance(self._plugin, Ticking) else None
        next_tick = time.monotonic() + self._tick_seconds if ticking is not None else None
        while (event := self._next(next_tick)) is not _END:
            if isinstance(event, Event):
                for implementation in self._implementations[event.scope]:
                    self._call(HOOKS[event.scope], implementation, event)
            elif ticking is not None:
                self._call("tick", ticking.tick)
                next_tick = time.monotonic() + self._tick_seconds
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
                    event, characters = self._waiting.popleft()
                    self._characters -= characters
                    return event
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
                self._clear()
            self._on_failure(self.name, hook, error)


_END = object()


def characters_of(event: Event) -> int:
    """Return how much text is in an event: a judge may write a lot, and a worker too."""
    total = 0
    kind = type(event)
    if (names := _TEXTS.get(kind)) is None:
        texts = (field.name for field in fields(kind) if field.type in (str, str | None))
        names = _TEXTS[kind] = tuple(texts)
    for name in names:
        text = getattr(event, name)
        if isinstance(text, str):
            total += len(text)
    return total


_TEXTS: dict[type, tuple[str, ...]] = {}
"""By kind of event, its fields that hold text."""
