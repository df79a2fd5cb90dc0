"""Draws the README's pictures of the terminal from a real run of the demo.

Run from the root: `.venv/bin/python docs/pictures/draw_terminal.py`. It runs `editgauge demo` in a
pseudo-terminal, feeds what comes to a terminal emulator, and draws two of its screens: one in the
middle of the edits, one at the end.
"""

import fcntl
import html
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable  # noqa: TC003 - it is a script, not worth a type-checking block
from pathlib import Path

import pyte

COLUMNS, ROWS = 100, 34
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 14
FOLDER = Path(__file__).parent


def main() -> None:
    """Run the demo and write `editing.svg` and `finished.svg`."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [str(Path(sys.executable).parent / "editgauge"), "demo", "--steps", "20"]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    process = subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment | {"TERM": "xterm"},
    )
    os.close(terminal)
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    wanted: list[tuple[str, Callable[[list[str]], bool]]] = [("editing.svg", _is_editing)]
    while data := _read(controller):
        stream.feed(data)
        if wanted and wanted[0][1](list(screen.display)):
            (FOLDER / wanted.pop(0)[0]).write_text(draw(list(screen.display)), encoding="utf-8")
    (FOLDER / "finished.svg").write_text(draw(list(screen.display)), encoding="utf-8")
    if process.wait() != 0 or wanted:
        sys.exit("the demo did not show what was to be drawn")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def _is_editing(rows: list[str]) -> bool:
    bars = [row for row in rows if "Denoising" in row]
    total = next((row for row in rows if row.startswith("Editing:")), "")
    return (
        len(bars) == 2
        and all(" 0/20" not in row for row in bars)
        and any(f" {done}/10" in total for done in (4, 5, 6))
    )


def draw(rows: list[str]) -> str:
    """Return a screen as SVG, every row stretched to its cells, whatever the font."""
    texts = [row.replace(str(Path.cwd()), "~/editgauge").rstrip() for row in rows]
    while texts and not texts[-1]:
        texts.pop()
    while texts and not texts[0]:
        texts.pop(0)
    width = COLUMNS * CELL_WIDTH + 2 * MARGIN
    height = len(texts) * CELL_HEIGHT + 2 * MARGIN
    fonts = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
    size = f'width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size}>',
        '<rect width="100%" height="100%" rx="8" fill="#10151c"/>',
        f'<g fill="#d7dee8" font-family="{fonts}" font-size="14">',
    ]
    for number, text in enumerate(texts):
        if text:
            baseline = MARGIN + (number + 0.75) * CELL_HEIGHT
            length = len(text) * CELL_WIDTH
            lines.append(
                f'<text x="{MARGIN}" y="{baseline:.1f}" textLength="{length:.1f}" '
                f'lengthAdjust="spacingAndGlyphs" xml:space="preserve">{html.escape(text)}</text>'
            )
    return "\n".join([*lines, "</g>", "</svg>", ""])


if __name__ == "__main__":
    main()
