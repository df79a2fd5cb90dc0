"""Screens of the terminal reporter at three sizes, kept in `screens/`.

After a wanted change of the display, `EDITGAUGE_RENEW=1 pytest tests/reporters` writes them anew;
read the difference before you commit it.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.reporters.tqdm_bars import TqdmReporter
from tests.reporters.contexts import make_context
from tests.reporters.crowd import Crowd
from tests.reporters.screens_of import Terminal
from tests.reporters.script import Clock, send

SCREENS = Path(__file__).parent / "screens"
SIZES = [(40, 10), (80, 24), (200, 60)]
RESIZES = [
    [(40, 10), (80, 24), (200, 60)],
    [(80, 24), (200, 60), (40, 10)],
    [(200, 60), (80, 24), (40, 10)],
]
RESIZED = "edit: the others go on"
BARS = ("Denoising", "[00:", "[01:", "[02:", "loading", "idle", "%|", " more")


class Watched:
    """A reporter on a terminal, which plays the crowd and keeps the screens."""

    def __init__(self, columns: int, rows: int) -> None:
        self.terminal, self._clock = Terminal(columns, rows), Clock()
        context = make_context(stderr=self.terminal, clock=self._clock)
        context = replace(context, size=lambda: self.terminal.size)
        self.reporter = TqdmReporter(TqdmConfig(), context)
        self.kept: list[str] = []
        self.crowd = Crowd()
        self.events = self.crowd.events()

    def keep(self, what: str) -> None:
        columns, rows = self.terminal.size
        self.kept += [f"==== {what}, {columns}x{rows}", *self.terminal.lines()]

    def play(self, *sizes: tuple[int, int]) -> None:
        """Play the run; at a moment in the middle, the terminal takes these sizes."""

        for event, following in zip(self.events, [*self.events[1:], None], strict=True):
            self._clock.now = event.elapsed
            send(self.reporter, event)
            moment = self.crowd.moments.get(event.seq)
            # pyte needs as long for a frame as the reporter for a hundred.
            if moment is None and following is not None and following.elapsed == event.elapsed:
                continue
            self.reporter.tick()
            self._check_block()
            if moment is not None:
                self.keep(moment)
            if moment == RESIZED:
                self._resize(*sizes)
        self.reporter.close()

    def _check_block(self) -> None:
        block = self.terminal.block()
        columns, rows = self.terminal.size
        assert len(block) < max(2, rows)
        assert all(len(line) < max(2, columns) for line in block)

    def _resize(self, *sizes: tuple[int, int]) -> None:
        for size in sizes:
            self.terminal.resize(*size)
            self.reporter.tick()
            self.keep("resized")
            # What the former size left of the bars is gone.
            above = self.terminal.lines()[: self.terminal.screen.cursor.y]
            assert not [line for line in above if any(mark in line for mark in BARS)]


def _compare(captured: str, name: str) -> None:
    path = SCREENS / name
    if os.environ.get("EDITGAUGE_RENEW"):
        path.write_text(captured, encoding="utf-8")
    assert captured == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_screens_at_every_moment_are_as_kept(columns: int, rows: int) -> None:
    watched = Watched(columns, rows)
    watched.play()
    _compare("\n".join(watched.kept) + "\n", f"crowd-{columns}x{rows}.txt")


@pytest.mark.parametrize("sizes", RESIZES, ids=str)
def test_a_resize_leaves_nothing_of_the_former_size(sizes: list[tuple[int, int]]) -> None:
    columns, rows = sizes[0]
    watched = Watched(columns, rows)
    watched.play(*sizes[1:])
    first = next(n for n, line in enumerate(watched.kept) if line.startswith(f"==== {RESIZED}"))
    _compare("\n".join(watched.kept[first:]) + "\n", f"resized-from-{columns}x{rows}.txt")


@pytest.mark.parametrize(("columns", "rows"), [*SIZES, (20, 4), (12, 2), (1, 1)])
def test_no_line_is_torn_and_no_bar_is_left(columns: int, rows: int) -> None:
    watched = Watched(columns, rows)
    watched.play()
    printed = watched.terminal.everything()
    # As it stands in a terminal that folds nothing, in the same order.
    wide = Watched(max(columns, 20), 100)
    wide.play()
    assert not [line for line in printed if any(mark in line for mark in BARS)]
    if columns >= 20 and rows >= 10:
        lines = wide.terminal.everything()
        start = next(i for i, line in enumerate(lines) if line.startswith("Run finished"))
        assert printed[:start] == lines[:start]


def test_the_closing_block_of_eight_categories_fits_a_usual_screen() -> None:
    watched = Watched(80, 24)
    watched.play()
    lines = watched.terminal.lines()
    (first,) = [number for number, line in enumerate(lines) if line.startswith("Run finished")]
    assert sum(line.startswith("  ") and "4" in line and "80 %" in line for line in lines) == 8
    assert lines[first + 1 :]
    assert not [line for line in lines if "see run.json" in line]
