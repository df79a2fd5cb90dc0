"""The terminal as a place for the board: a block of rows, with lines printed above it."""

from collections.abc import Sequence

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.board import Board
from editgauge.reporters.outputs import speaks_unicode
from editgauge.reporters.painter import Painter
from editgauge.reporters.widths import fit
from editgauge.reporters.wording import Line, Rank


class TerminalScreen:
    """Draws frames on the context's `stderr`, fitted to what the terminal is at that time."""

    def __init__(self, config: TqdmConfig, context: ReporterContext) -> None:
        """Prepare to draw; nothing is written yet."""
        self.least = Rank.PROGRESS if config.detail == "full" else Rank.NEWS
        self._context = context
        self._cuts = config.detail != "full"
        self._ellipsis = "…" if speaks_unicode(context.stderr) else "..."
        self._painter = Painter(context.stderr, color=context.color)

    def size(self) -> tuple[int, int]:
        """Return columns and rows for the closing block.

        Two rows less than the screen: the shell's prompt should not push the block away.
        """
        columns, rows = self._size()
        return columns, rows - 2

    def show(self, board: Board, now: float, lines: Sequence[Line]) -> None:
        """Draw a frame, if it differs from the last."""
        size = self._size()
        above = [(self._fitted(line, size[0]), line.level) for line in lines]
        self._painter.paint(board.rows(now, size), above=above, size=size)

    def close(self, lines: Sequence[Line]) -> None:
        """Print what waits and take the block away; the cursor ends in the first column."""
        size = self._size()
        above = [(self._fitted(line, size[0]), line.level) for line in lines]
        self._painter.paint([], above=above, size=size)

    def _fitted(self, line: Line, columns: int) -> str:
        # A score and the beginning of its reply take one row; problems are never cut.
        if self._cuts and line.may_be_cut:
            return fit(line.text, columns - 1, ellipsis=self._ellipsis)
        return line.text

    def _size(self) -> tuple[int, int]:
        """Return columns and rows, asked anew each time; some terminals say 0 for not known."""
        columns, rows = self._context.size()
        return columns or 80, rows or 24
