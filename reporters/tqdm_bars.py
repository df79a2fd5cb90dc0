"""The reporter `tqdm`: live bars in a terminal, with log and score lines above them."""

from typing import TYPE_CHECKING

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
from editgauge.reporters.painter import Painter
from editgauge.reporters.widths import fit
from editgauge.reporters.wording import Rank, Voice

if TYPE_CHECKING:
    from editgauge.reporters.levels import Level

FRAME_SECONDS = 0.1
"""Least time between two frames that events cause."""
_MOST_PENDING = 200


class TqdmReporter:
    """Draws one row per worker and a total row; everything else is printed above, in order."""

    def __init__(self, config: TqdmConfig, context: ReporterContext) -> None:
        """Prepare to draw on the context's `stderr`.

        Raises:
            ValueError: `stderr` is no terminal.
        """
        if not context.interactive:
            raise ValueError(
                "the reporter 'tqdm' needs a terminal on stderr; use the reporter 'plain' for "
                "pipes, files and CI"
            )
        unicode = speaks_unicode(context.stderr)
        self._context = context
        self._config = config
        # Two rows less than the screen: the shell's prompt should not push the block away.
        self._voice = Voice(
            run_dir=context.run_dir,
            detail=config.detail,
            logs=config.logs,
            screen=lambda: (self._size()[0], self._size()[1] - 2),
        )
        self._least = Rank.PROGRESS if config.detail == "full" else Rank.NEWS
        self._board = Board(self._voice.labels, steps=config.steps, ascii_only=not unicode)
        self._ellipsis = "…" if unicode else "..."
        self._painter = Painter(context.stderr, color=context.color)
        self._above: list[tuple[str, Level]] = []
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
        self._painter.paint([], above=self._above, size=self._size())
        self._above = []

    def _hear(self, event: Event) -> None:
        self._board.hear(event)
        for line in self._voice.tell(event):
            if line.rank >= self._least:
                # A score and the beginning of its reply take one row; problems are never cut.
                cut = event.scope == "sample" and line.level == "info"
                self._above.append((self._fitted(line.text) if cut else line.text, line.level))
        due = self._context.clock() - self._last_frame >= FRAME_SECONDS
        if due or len(self._above) >= _MOST_PENDING:
            self._draw()

    def _fitted(self, text: str) -> str:
        if self._config.detail == "full":
            return text
        return fit(text, self._size()[0] - 1, ellipsis=self._ellipsis)

    def _size(self) -> tuple[int, int]:
        """Return columns and rows, asked anew each time; some terminals say 0 for not known."""
        columns, rows = self._context.size()
        return columns or 80, rows or 24

    def _draw(self) -> None:
        now = self._context.clock()
        size = self._size()
        self._painter.paint(self._board.rows(now, size), above=self._above, size=size)
        self._above = []
        self._last_frame = now
