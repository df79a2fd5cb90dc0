"""The clock of a replay: it shows the time of the recorded run, at any speed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from editgauge.core.hooks.bus import TICK_SECONDS


@dataclass(slots=True)
class EventClock:
    """Seconds of the recorded run, `now`; what a reporter takes for its clock."""

    now: float = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


class Pace:
    """Moves the clock from event to event, and lets reporters redraw in between."""

    def __init__(
        self,
        clock: EventClock,
        *,
        speed: float | None,
        tick: Callable[[], None],
        check: Callable[[], None],
        wall: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Wait for nothing yet.

        Args:
            clock: the clock to move; it never goes back within one start of a run.
            speed: seconds of the run in a second, or None for no waiting at all.
            tick: lets the reporters redraw.
            check: called while it waits, at least ten times a second; may raise to end the wait.
            wall: a monotonic clock in seconds.
            wait: sleeps for so many seconds.
        """
        self._clock = clock
        self._speed = speed
        self._tick = tick
        self._check = check
        self._wall = wall
        self._wait = wait
        self._anchor: tuple[float, float] | None = None
        self._last_tick = 0.0

    def begin(self) -> None:
        """Begin with the first event of a start: its time is now."""
        self._clock.now = 0.0
        self._anchor = None
        self._last_tick = 0.0

    def reach(self, elapsed: float) -> None:
        """Move the clock to an event's time; an event that says an earlier one changes nothing."""
        target = max(elapsed, self._clock.now)
        if self._speed is None:
            self._jump(target)
            return
        if self._anchor is None:
            self._anchor = (self._wall(), target)
            self._last_tick = self._wall()
        begun, first = self._anchor
        while True:
            now = self._wall()
            due = first + (now - begun) * self._speed
            self._clock.now = max(self._clock.now, min(due, target))
            if now - self._last_tick >= TICK_SECONDS:
                self._last_tick = now
                self._tick()
            if due >= target:
                break
            self._wait(min((target - due) / self._speed, TICK_SECONDS))
            self._check()
        self._clock.now = target

    def _jump(self, target: float) -> None:
        """Go there at once; where a live reporter would have redrawn, it does so once."""
        self._clock.now = target
        if target - self._last_tick >= TICK_SECONDS:
            self._last_tick = target
            self._tick()
