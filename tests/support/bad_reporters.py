"""Reporters as a user might write them on a bad day."""

import threading
import time

from editgauge import hookimpl
from editgauge.core.hooks.events import Event


class EveryHook:
    """Calls `hear` with every event."""

    def hear(self, event: Event) -> None:
        raise NotImplementedError

    @hookimpl
    def run_event(self, event: Event) -> None:
        self.hear(event)

    @hookimpl
    def batch_event(self, event: Event) -> None:
        self.hear(event)

    @hookimpl
    def sample_event(self, event: Event) -> None:
        self.hear(event)

    @hookimpl
    def step_event(self, event: Event) -> None:
        self.hear(event)


class Sleeping(EveryHook):
    """Sleeps for a second at each event."""

    def __init__(self) -> None:
        self.heard = 0

    def hear(self, event: Event) -> None:
        del event
        self.heard += 1
        time.sleep(1.0)


class Blocked(EveryHook):
    """Takes its first event and never comes back, until it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()

    def hear(self, event: Event) -> None:
        del event
        self.gate.wait(60)


class Raising(EveryHook):
    """Raises at its third event."""

    def __init__(self) -> None:
        self.heard = 0

    def hear(self, event: Event) -> None:
        self.heard += 1
        if self.heard == 3:
            raise KeyError(type(event).__name__)
