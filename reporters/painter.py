r"""Keeps a block of lines at the bottom of a terminal, with other lines printed above it.

One writer, one write for each frame: whatever is printed above and the block below go out
together, so they cannot tear each other. Between frames the cursor rests in the first column of the
block's first row; after a resize the terminal may have folded rows of the block, but they all are
below the cursor, so erasing from there leaves nothing behind.
"""

from collections.abc import Sequence
from typing import TextIO

from editgauge.reporters.colors import colored
from editgauge.reporters.levels import Level
from editgauge.reporters.outputs import encodable

_ERASE_BELOW = "\x1b[J"
_ERASE_REST_OF_ROW = "\x1b[K"
# A row is cut to the terminal's width before; this is for terminals that measure otherwise.
_NO_WRAP = "\x1b[?7l"
_WRAP = "\x1b[?7h"


class Painter:
    """Draws frames; texts must be clean, rows narrower than the terminal."""

    def __init__(self, stream: TextIO, *, color: bool) -> None:
        """Draw on `stream`, a terminal; with `color`, problems stand out."""
        self._stream = stream
        self._color = color
        self._shown: list[tuple[str, Level]] = []
        self._size = (0, 0)

    def paint(
        self,
        rows: Sequence[tuple[str, Level]],
        *,
        above: Sequence[tuple[str, Level]] = (),
        size: tuple[int, int] = (0, 0),
    ) -> None:
        """Show `rows` as the block, after printing the lines `above` it for good.

        Nothing is written if nothing changed.

        Args:
            rows: the new block, from top to bottom, each with its level.
            above: lines to print, oldest first, each with its level.
            size: columns and rows of the terminal; another size than last time means that all of
                the block is drawn again.
        """
        resized = bool(self._shown) and size != self._size
        if not above and not resized and list(rows) == self._shown:
            return
        out = ["\r"]
        if above or resized:
            out.append(_ERASE_BELOW)
        out += [f"{self._colored(text, level)}\r\n" for text, level in above]
        if rows:
            out += [_NO_WRAP, "\r\n".join(self._drawn(*row) for row in rows), _WRAP]
        if len(rows) < len(self._shown) and not above:
            out.append(f"\r\n{_ERASE_BELOW}\x1b[A" if rows else _ERASE_BELOW)
        if len(rows) > 1:
            out.append(f"\x1b[{len(rows) - 1}A")
        out.append("\r")
        self._shown = list(rows)
        self._size = size
        self._stream.write("".join(out))
        self._stream.flush()

    def _drawn(self, text: str, level: Level) -> str:
        return f"{self._colored(text, level)}{_ERASE_REST_OF_ROW}"

    def _colored(self, text: str, level: Level) -> str:
        text = encodable(text, self._stream)
        return colored(text, level) if self._color else text
