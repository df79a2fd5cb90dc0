"""What a person sees: real runs in real pseudo-terminals, screen by screen.

The models wait for the test at chosen places, so every captured screen stands still but for its
clocks, however slow the machine is. Captured screens are compared with the files in `screens/`,
times, rates and the lengths of bars made equal. After a wanted change of the display,
`EDITGAUGE_RENEW=1 pytest tests/end_to_end/test_terminal.py` writes them anew; read the difference
before you commit it.
"""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.end_to_end.watched import Watched, watch
from tests.support.runs import make_dataset, run_config

ROOT = Path(__file__).parents[2]
SCREENS = Path(__file__).parent / "screens"
STEPS = 4

# What differs from run to run, made equal. A bar fills what its clocks and rate leave of the row.
_VARYING = [
    (r"\|[ █▏▎▍▌▋▊▉]*\|", "|BAR|"),
    (r"\[[\d:]+<[\d:?]+", "[TIME<TIME"),
    (r"[\d,.]+( images)?/min", "N images/min"),
    (r"\d+\.\d s\b|\d+ s\b|\d+ min \d\d s", "T s"),
    (r" \(slowest\)", ""),
    (r"\d{8}T\d{6}Z-screens-[0-9a-f]{6}", "RUN"),
]


class Screens:
    """Drives the models of a run, and keeps screens."""

    def __init__(self, folder: Path, watched: Watched) -> None:
        self._folder = folder
        self._watched = watched
        self.kept: list[str] = []

    def release(self, name: str) -> None:
        """Let the model go on that waits at a place."""
        (self._folder / f"{name}.go").touch()

    def keep(self, what: str, *fragments: str, block: int) -> list[str]:
        """Wait until the screen shows every fragment in one row; keep it and return its rows.

        Args:
            what: the moment, for people.
            fragments: regular expressions, each found in some row.
            block: rows of the block at the bottom, which must be all that is below the cursor.
        """
        terminal = self._watched.terminal

        def is_there() -> bool:
            lines = terminal.lines()
            return len(terminal.block()) == block and all(
                any(re.search(fragment, line) for line in lines) for fragment in fragments
            )

        self._watched.wait_for(is_there, f"{what}: {fragments}, and {block} rows of bars")
        lines = terminal.lines()
        assert lines[-block:] == terminal.block()
        assert max(map(len, lines)) < terminal.screen.columns
        self.kept += [f"==== {what}", *lines]
        return lines

    def text(self) -> str:
        """Return all that was kept, with what varies made equal."""
        text = "\n".join(self.kept) + "\n"
        for pattern, equal in _VARYING:
            text = re.sub(pattern, equal, text)
        return text


def _write_config(folder: Path) -> Path:
    make_dataset(folder / "data", 4, categories=("red", "blue"))
    misbehave = {f"s{number}": f"say:s{number} then hold:s{number}" for number in range(4)}
    config = run_config(
        folder,
        name="screens",
        progress="bars",
        edit={
            "steps": STEPS,
            "misbehave": misbehave | {"load": "hold:load"},
            # One after the other, so that the first sample is the first worker's.
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 1},
        },
        reward={"folder": str(folder), "seconds": 0.05, "misbehave": {"s1": "hold:judge"}},
    )
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def _said(rows: list[str], name: str, worker: int) -> list[int]:
    """Return where a sample's three lines stand on the screen."""
    return [rows.index(f"[CPU {worker}] {name}: line {number} of 3") for number in (1, 2, 3)]


@pytest.mark.parametrize(("columns", "rows"), [(100, 30), (60, 15)])
def test_screens_of_a_real_run(tmp_path: Path, columns: int, rows: int) -> None:
    command = [sys.executable, "-m", "tests.support.run_main", str(_write_config(tmp_path))]
    with watch(command, folder=ROOT, columns=columns, rows=rows) as watched:
        screens = Screens(tmp_path, watched)
        _edit(screens)
        _score(screens)
        assert watched.wait_for_end() == 0
        printed = watched.terminal.everything()
        assert not [line for line in printed if re.search(r"Denoising|\|.*\||idle|loading", line)]
        assert watched.terminal.screen.cursor.x == 0
        # The last line is the run directory, folded by the terminal where it is too long.
        last = next(number for number, line in enumerate(printed) if line.startswith("  results "))
        run_dir = (tmp_path / "runs" / "latest").resolve()
        assert "".join(printed[last:]) == f"  results  {run_dir}"
        screens.kept += ["==== ended, all that was printed", *printed[:last]]
    # Automatic wrapping is on again, and the cursor was never hidden for good.
    assert watched.written.rfind(b"\x1b[?7h") > watched.written.rfind(b"\x1b[?7l")
    assert b"\x1b[?25l" not in watched.written
    _compare(screens.text(), SCREENS / f"{columns}x{rows}.txt")


def _edit(screens: Screens) -> None:
    screens.keep("one worker loads", r"^\[CPU 0\] loading", r"^Editing:", block=2)
    screens.release("load")
    half = rf"Denoising:  50%.* 2/{STEPS} "
    screens.keep(
        "one edits, one loads",
        *(rf"^\[CPU 0\] {half}", r"^\[CPU 1\] loading", r"s0: line 3", r"^Editing:"),
        block=3,
    )
    screens.release("load")
    lines = screens.keep(
        "both are in the middle of an image",
        *(rf"^\[CPU 0\] {half}", rf"^\[CPU 1\] {half}", r"s1: line 3", r"^Editing:.* 0/4 "),
        block=3,
    )
    places = _said(lines, "s0", 0) + _said(lines, "s1", 1)
    assert places == list(range(places[0], places[0] + 6))
    screens.release("s0")
    lines = screens.keep(
        "the first is in its second image",
        *(rf"^\[CPU 0\] {half}", rf"^\[CPU 1\] {half}", r"s2: line 3", r"^Editing:.* 1/4 "),
        block=3,
    )
    places = _said(lines, "s0", 0) + _said(lines, "s1", 1) + _said(lines, "s2", 0)
    assert places == list(range(places[0], places[0] + 9))
    screens.release("s1")
    screens.keep(
        "both are in their second image",
        *(rf"^\[CPU 0\] {half}", rf"^\[CPU 1\] {half}", r"s3: line 3", r"^Editing:.* 2/4 "),
        block=3,
    )
    screens.release("s2")
    screens.keep("one has nothing left to do", r"^\[CPU 0\] idle", r"^Editing:.* 3/4 ", block=3)
    screens.release("s3")


def _score(screens: Screens) -> None:
    screens.keep(
        "the judge is in the middle of a batch",
        *(r"^\[CPU 0\] Scoring batch 1/2 \(1 of 2\)", r" 1/4 s0: ", r"^Scoring:.* 1/4 "),
        block=2,
    )
    screens.release("judge")


def _compare(captured: str, path: Path) -> None:
    if os.environ.get("EDITGAUGE_RENEW"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(captured, encoding="utf-8")
    assert captured == path.read_text(encoding="utf-8")
