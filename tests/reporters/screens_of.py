"""A terminal in memory: what a person would see of what a reporter writes."""

import io

import pyte


class Terminal(io.StringIO):
    """A stream that a terminal emulator reads as it is written; keeps what scrolled away.

    Like a real terminal in its usual mode, it takes a line feed as "next line, same column".
    """

    encoding = "utf-8"

    def __init__(self, columns: int, rows: int) -> None:
        super().__init__()
        self.screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.5)
        self.writes = 0
        self._stream = pyte.Stream(self.screen)

    def write(self, text: str) -> int:
        self.writes += 1
        self._stream.feed(text)
        return super().write(text)

    @property
    def size(self) -> tuple[int, int]:
        return self.screen.columns, self.screen.lines

    def resize(self, columns: int, rows: int) -> None:
        """Change the size as most terminals do: lines too long are folded, the cursor goes along.

        What finds no room scrolls away at the top. pyte's own way is to cut lines off.
        """
        place = self.screen.cursor.y
        lines = self.everything()
        above = lines[: len(lines) - len(self.block())]
        above += [""] * (place + len(self.screen.history.top) - len(above))
        before = [part for line in above for part in _folded(line, columns)]
        after = [part for line in self.block() for part in _folded(line, columns)]
        self.screen = pyte.HistoryScreen(columns, rows, history=10_000, ratio=0.5)
        self._stream = pyte.Stream(self.screen)
        self._stream.feed("\r\n".join([*before, *(after or [""])]))
        gone = max(0, len(before) + max(1, len(after)) - rows)
        self.screen.cursor.y = max(0, len(before) - gone)
        self.screen.cursor.x = 0

    def lines(self) -> list[str]:
        """Return the lines on the screen, without spaces at their ends, empty ones below cut."""
        return _cut([line.rstrip() for line in self.screen.display])

    def block(self) -> list[str]:
        """Return the lines from the cursor on: what is not printed for good."""
        return _cut([line.rstrip() for line in self.screen.display][self.screen.cursor.y :])

    def everything(self) -> list[str]:
        """Return all lines, those that scrolled away first."""
        columns = self.screen.columns
        gone = [
            "".join(row[x].data for x in range(columns)).rstrip() for row in self.screen.history.top
        ]
        return gone + self.lines()


def _cut(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _folded(line: str, columns: int) -> list[str]:
    return [line[i : i + columns] for i in range(0, len(line), columns)] or [""]
