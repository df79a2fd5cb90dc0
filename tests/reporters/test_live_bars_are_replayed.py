"""In the middle of a run, too, the live display is what a replay shows at the same event.

The run is live in that its events go through the bus, to a reporter in a thread of its own, which
redraws by a timer; its clock shows the time of the last event.
"""

import threading
import time
from pathlib import Path

import pytest

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.delivery import Delivery
from editgauge.core.replay.pace import EventClock, Pace
from editgauge.core.run.reporters import AttachedReporters, attach_reporters
from editgauge.core.surroundings import Surroundings
from tests.reporters.screens_of import Terminal
from tests.reporters.script import RUN_DIR, Clock, whole_run

SIZES = [(40, 10), (80, 24), (200, 60)]
EVENTS = whole_run()
MOMENTS = [len(EVENTS) * part // 10 for part in (1, 2, 3, 4, 5, 6, 7, 8, 9)]


class SharedTerminal(Terminal):
    """A terminal that one thread writes to and another one looks at."""

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__(columns, rows)
        self._lock = threading.Lock()

    def write(self, text: str) -> int:
        with self._lock:
            return super().write(text)

    def everything(self) -> list[str]:
        with self._lock:
            return super().everything()


def attach(terminal: Terminal, clock: Clock | EventClock) -> AttachedReporters:
    plugins = PluginManager()
    plugins.load_entry_points()
    chosen = choose([ReporterChoice("tqdm")], plugins, surroundings=Surroundings(terminal=True))
    return attach_reporters(
        chosen,
        plugins,
        run_dir=Path(RUN_DIR),
        streams=(terminal, terminal),
        interactive=True,
        color=False,
        clock=clock,
        size=lambda: terminal.size,
    )


def replayed(events: list[Event], size: tuple[int, int]) -> list[str]:
    terminal, clock = Terminal(*size), EventClock()
    attached = attach(terminal, clock)
    delivery = Delivery(attached.plugins, attached.reporters, raised=[])
    pace = Pace(clock, speed=None, tick=delivery.tick, check=lambda: None)
    pace.begin()
    for event in events:
        pace.reach(event.elapsed)
        delivery.hear(event)
    delivery.tick()
    return terminal.everything()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_at_every_moment_the_screen_is_the_same(size: tuple[int, int]) -> None:
    terminal, clock = SharedTerminal(*size), Clock()
    attached = attach(terminal, clock)
    bus = Bus(attached.plugins, run_id=RUN_DIR.name, clock=clock)
    try:
        for number, event in enumerate(EVENTS, start=1):
            clock.now = event.elapsed
            bus.emit(event)
            if number not in MOMENTS:
                continue
            expected = replayed(EVENTS[:number], size)
            patience = time.monotonic() + 30
            while terminal.everything() != expected and time.monotonic() < patience:
                time.sleep(0.02)
            assert terminal.everything() == expected
    finally:
        assert bus.close(60.0) == []
    assert bus.failures == []


def test_the_moments_have_bars_of_both_stages() -> None:
    shown = ["\n".join(replayed(EVENTS[:moment], (80, 24))) for moment in MOMENTS]
    assert any("Denoising" in screen for screen in shown)
    assert any("Scoring:" in screen for screen in shown)
