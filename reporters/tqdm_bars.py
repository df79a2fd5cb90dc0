"""The reporter `tqdm`: live bars in a terminal, with log and score lines above them."""

from typing import TYPE_CHECKING, Protocol

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.core.hooks.events import (
    BatchEvent,
    Event,
    RunEvent,
    RunFinished,
    SampleEvent,
    StepEvent,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.board import Board
from editgauge.reporters.outputs import speaks_unicode
from editgauge.reporters.terminal_screen import TerminalScreen
from editgauge.reporters.wording import Line, Rank, Voice

if TYPE_CHECKING:
    from collections.abc import Sequence

FRAME_SECONDS = 0.1
"""Least time between two frames that events cause."""
_MOST_PENDING = 200


class Display(Protocol):
    """Where the board is shown."""

    least: Rank
    """Least rank of the lines that are printed."""

    def size(self) -> tuple[int, int] | None:
        """Return columns and rows for the closing block, or None for no limit."""
        ...

    def show(self, board: Board, now: float, lines: "Sequence[Line]") -> None:
        """Print lines for good and show the board as it is `now`, in seconds of the run."""
        ...

    def close(self, lines: "Sequence[Line]") -> None:
        """Print lines for good and take the board away."""
        ...


class TqdmReporter:
    """Draws one row per worker and a total row; everything else is printed above, in order.

    In a notebook there is one bar.
    """

    def __init__(self, config: TqdmConfig, context: ReporterContext) -> None:
        """Prepare to draw on the context's `stderr`.

        Raises:
            ValueError: `stderr` is no terminal, and this is no notebook.
        """
        self._clock = context.clock
        self._display = _display(config, context)
        self._voice = Voice(
            run_dir=context.run_dir,
            detail=config.detail,
            logs=config.logs,
            screen=self._display.size,
        )
        ascii_only = not speaks_unicode(context.stderr)
        self._board = Board(self._voice.labels, steps=config.steps, ascii_only=ascii_only)
        self._lines: list[Line] = []
        self._last_frame = float("-inf")

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Follow the event; the end of the run is drawn at once."""
        self._hear(event)
        if isinstance(event, RunFinished):
            self._draw()

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Follow the event."""
        self._hear(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Follow the event."""
        self._hear(event)

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Follow the event."""
        self._hear(event)

    def tick(self) -> None:
        """Draw a frame, if it differs from the last."""
        self._draw()

    def close(self) -> None:
        """Print what waits and take the bars away; the cursor ends in the first column."""
        self._display.close(self._lines)
        self._lines = []

    def _hear(self, event: Event) -> None:
        self._board.hear(event)
        for line in self._voice.tell(event):
            if line.rank >= self._display.least:
                self._lines.append(line)
        due = self._clock() - self._last_frame >= FRAME_SECONDS
        if due or len(self._lines) >= _MOST_PENDING:
            self._draw()

    def _draw(self) -> None:
        now = self._clock()
        self._display.show(self._board, now, self._lines)
        self._lines = []
        self._last_frame = now


def _display(config: TqdmConfig, context: ReporterContext) -> Display:
    if context.notebook:
        from editgauge.reporters.notebook_bar import notebook_bar

        return notebook_bar(config, context)
    if context.interactive:
        return TerminalScreen(config, context)
    raise ValueError(
        "the reporter 'tqdm' needs a terminal on stderr; use the reporter 'plain' for pipes, "
        "files and CI"
    )
