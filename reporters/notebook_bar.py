"""One bar for a whole run, below a cell of a notebook: a widget, or else a line of text."""

from collections.abc import Sequence
from typing import Any, TextIO

from editgauge.config_schemas.reporters import TqdmConfig
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.board import Board
from editgauge.reporters.outputs import encodable
from editgauge.reporters.widths import fit, width
from editgauge.reporters.wording import Line, Rank

_PARTS = 1000
"""The widget counts thousandths, so that it never has to learn another total."""
_COLUMNS = 80
"""Columns of the line of text; a notebook tells nobody how wide it is."""


def notebook_bar(config: TqdmConfig, context: ReporterContext) -> "WidgetBar | TextBar":
    """Return a bar of widgets if ipywidgets can be imported, else one of text.

    Each sample has a line only with the detail `full`: thousands of lines make a notebook slow.
    """
    least = Rank.NEWS if config.detail == "full" else Rank.ESSENTIAL
    try:
        return WidgetBar(least)
    except ImportError:
        return TextBar(context.stderr, least)


class WidgetBar:
    """tqdm's own widget, told what to show; nothing of it looks at the wall clock."""

    def __init__(self, least: Rank) -> None:
        """Show the bar below the present cell.

        Raises:
            ImportError: IPython or ipywidgets is missing.
        """
        from IPython.display import display
        from tqdm.notebook import tqdm_notebook

        class Bar(tqdm_notebook):  # type: ignore[type-arg]  # generic in the stubs only
            monitor_interval = 0  # no thread that redraws by the wall clock

        self.least = least
        self._publish: Any = display
        self._bar: Any = Bar(total=_PARTS, desc="Starting", bar_format="{desc}{bar}")
        self._shown = ""

    def size(self) -> None:
        """Return None: a notebook has no least line."""

    def show(self, board: Board, now: float, lines: Sequence[Line]) -> None:
        """Print lines below the bar and move it."""
        self._print(lines)
        summary = board.summary(now)
        text = f"{summary.before}<bar/>{summary.behind}"
        if text == self._shown:
            return
        self._shown = text
        if summary.of:
            self._bar.n = _PARTS * min(summary.done, summary.of) // summary.of
        self._bar.display(text)

    def close(self, lines: Sequence[Line]) -> None:
        """Print lines; the bar stays as it is, coloured by whether it is full."""
        self._print(lines)
        style = "success" if self._bar.n >= _PARTS else "danger"
        self._bar.display(self._shown, bar_style=style)
        self._bar.disable = True

    def _print(self, lines: Sequence[Line]) -> None:
        if lines:
            # Neither stream: notebooks show stderr in red, and stdout is for what was asked for.
            text = "\n".join(line.text for line in lines)
            self._publish({"text/plain": text}, raw=True)


class TextBar:
    """A line of text that is written over again and again, with other lines above it."""

    def __init__(self, stream: TextIO, least: Rank) -> None:
        """Write to `stream`."""
        self.least = least
        self._stream = stream
        self._shown = ""

    def size(self) -> None:
        """Return None: a notebook has no least line."""

    def show(self, board: Board, now: float, lines: Sequence[Line]) -> None:
        """Print lines and write the bar below them, if it differs from the last."""
        summary = board.summary(now)
        text = f"{summary.before} {summary.behind}".strip()
        self._write(fit(encodable(text, self._stream), _COLUMNS), lines)

    def close(self, lines: Sequence[Line]) -> None:
        """Print lines and take the bar away."""
        self._write("", lines)

    def _write(self, text: str, lines: Sequence[Line]) -> None:
        if not lines and text == self._shown:
            return
        # Spaces, for not every notebook knows how to erase a line.
        clear = f"\r{' ' * width(self._shown)}\r" if self._shown else ""
        above = "".join(f"{encodable(line.text, self._stream)}\n" for line in lines)
        self._stream.write(f"{clear}{above}{text}")
        self._stream.flush()
        self._shown = text
