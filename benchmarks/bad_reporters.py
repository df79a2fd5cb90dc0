"""Reporters that misbehave as reporters of users do."""

import os
import threading
import time
from typing import Protocol

from benchmarks.plugin import BadConfig
from editgauge import ReporterContext, hookimpl
from editgauge.core.hooks.events import Event


class _Way(Protocol):
    def __call__(self) -> object: ...


class BadReporter:
    """Hears every event and does something bad about it."""

    def __init__(self, config: BadConfig, context: ReporterContext) -> None:
        """Prepare what is bad."""
        del context
        ways: dict[str, _Way] = {
            "sleep": lambda: time.sleep(1.0),
            "block": threading.Event().wait,
            "compute": _compute,
            "raise": _fail,
            "broken_pipe": self._write,
        }
        self._does = ways[config.does]
        reader, self._pipe = os.pipe()
        os.close(reader)

    def _write(self) -> None:
        os.write(self._pipe, b"x" * 100)

    @hookimpl
    def run_event(self, event: Event) -> None:
        """Do it."""
        del event
        self._does()

    @hookimpl
    def batch_event(self, event: Event) -> None:
        """Do it."""
        del event
        self._does()

    @hookimpl
    def sample_event(self, event: Event) -> None:
        """Do it."""
        del event
        self._does()

    @hookimpl
    def step_event(self, event: Event) -> None:
        """Do it."""
        del event
        self._does()


def _compute() -> None:
    """Use the interpreter for a second, in small steps as Python code does."""
    end = time.monotonic() + 1.0
    number = 0
    while time.monotonic() < end:
        number = (number * 31 + 7) % 1_000_003


def _fail() -> None:
    raise RuntimeError("a bad day")
