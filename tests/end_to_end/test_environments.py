"""What the terminal shows where: real runs in each environment that docs/reporters.md names.

The table there is what these tests read, so it cannot say anything else than what is true.
"""

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from editgauge.core.config import ConfigError, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.surroundings import surroundings_of
from tests.end_to_end.commands import editgauge, environment, json_lines
from tests.test_docs import DOCS, section

TERMINAL = "a terminal"
PIPE = "a pipe or a file"
NOTEBOOK = "a notebook"
SCRIPT = "a terminal in `script`"
BARS_REFUSED = "`bars` is a usage error"

_MOVES = re.compile(rb"\x1b\[(?!\d*m)|\r(?!\n)")
_COLORS = re.compile(rb"\x1b\[\d+m")


@dataclass(frozen=True)
class Row:
    """One row of the table: an environment, and what is promised there."""

    place: str
    variables: tuple[tuple[str, str], ...]
    reporter: str
    colors: bool
    why: str

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal."""
        found = re.fullmatch(rf"{TERMINAL} of (\d+) (columns|rows)", self.place)
        if found is None:
            return 80, 24
        return (int(found[1]), 24) if found[2] == "columns" else (80, int(found[1]))

    def __str__(self) -> str:
        return " ".join([self.place, *(f"{name}={value}" for name, value in self.variables)])


def table() -> list[Row]:
    lines = re.findall(
        r"^\|(.*)\|$", section(DOCS / "reporters.md", "What `auto` takes"), re.MULTILINE
    )
    rows = []
    for line in lines[2:]:
        place, variables, reporter, colors, why, change = (cell.strip() for cell in line.split("|"))
        assert change, f"the row {place!r} does not say how to change it"
        named = re.findall(r"`(\w+)=([^`]*)`", variables)
        rows.append(Row(place, tuple(named), reporter.strip("`"), colors == "yes", why))
    return rows


CONFIG: dict[str, Any] = {
    "dataset": {"type": "jsonl", "path": "rows.jsonl"},
    "edit": {
        "type": "faults",
        "steps": 1,
        "faults": [{"do": "raise", "sample": "bad", "times": None}],
        "workers": {"devices": ["cpu"]},
    },
}
ROWS = table()
RUNS = [row for row in ROWS if row.place != NOTEBOOK]


@dataclass(frozen=True)
class Outcome:
    """What a command wrote where people read, and how it ended."""

    written: bytes
    code: int


def command(row: Row, *arguments: str, folder: Path) -> Outcome:
    """Run editgauge in the environment of a row."""
    words = [sys.executable, "-m", "editgauge", *arguments]
    environ = environment(LC_ALL="C.UTF-8", **dict(row.variables))
    if row.place == PIPE:
        done = subprocess.run(
            words,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return Outcome(done.stderr, done.returncode)
    if row.place == SCRIPT:
        typescript = folder / f"typescript-{len(arguments)}"
        script = ["script", "-q", "-e", "-c", " ".join(words), str(typescript)]
        code = subprocess.run(
            script,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).returncode
        return Outcome(typescript.read_bytes(), code)
    return in_terminal(words, folder, environ, row.size)


def in_terminal(
    words: list[str], folder: Path, environ: dict[str, str], size: tuple[int, int]
) -> Outcome:
    """Run a command in a pseudo-terminal of so many columns and rows, to its end."""
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        process = subprocess.Popen(
            words,
            cwd=folder,
            env=environ,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
    finally:
        os.close(slave)
    written = b""
    # On Linux, reading fails at the end of a pseudo-terminal.
    with contextlib.suppress(OSError):
        while data := os.read(master, 65536):
            written += data
    os.close(master)
    return Outcome(written, process.wait(60))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with everything for a run of a second, one sample good and one failed."""
    from PIL import Image

    place = tmp_path_factory.mktemp("environments")
    Image.new("RGB", (12, 9), "red").save(place / "source.png")
    rows = [{"id": name, "image": "source.png", "instruction": "edit"} for name in ("good", "bad")]
    (place / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (place / "run.yaml").write_text(json.dumps(CONFIG))
    return place


@pytest.fixture(scope="module")
def plugins() -> PluginManager:
    manager = PluginManager()
    manager.load_entry_points()
    return manager


def needs_script(row: Row) -> None:
    if row.place == SCRIPT and shutil.which("script") is None:
        pytest.skip("the program `script` (util-linux) is not installed")


def test_the_table_has_every_environment() -> None:
    assert {row.place for row in ROWS} >= {TERMINAL, PIPE, NOTEBOOK, SCRIPT}
    named = {name for row in ROWS for name, _ in row.variables}
    assert named >= {"CI", "GITHUB_ACTIONS", "TERM", "NO_COLOR", "FORCE_COLOR"}
    assert {row.size for row in ROWS} >= {(80, 24), (29, 24), (80, 5)}


@pytest.mark.parametrize("row", RUNS, ids=str)
def test_a_run_shows_what_the_table_says(row: Row, folder: Path) -> None:
    needs_script(row)
    outcome = command(row, "run", "run.yaml", folder=folder)
    assert outcome.code == 100, outcome.written
    assert b"failed" in outcome.written
    assert bool(_MOVES.search(outcome.written)) is (row.reporter == "tqdm"), outcome.written
    assert bool(_COLORS.search(outcome.written)) is row.colors, outcome.written


def problems_of_bars(row: Row, plugins: PluginManager) -> list[str]:
    """Return what is wrong with `progress: bars` in the environment of a row."""

    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return row.place != PIPE

    try:
        load_config(
            CONFIG | {"progress": "bars"},
            plugins=plugins,
            environ=dict(row.variables),
            surroundings=surroundings_of(Stream(), dict(row.variables)),
        )
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_bars_are_a_usage_error_exactly_where_the_table_says(plugins: PluginManager) -> None:
    refused = {row for row in RUNS if problems_of_bars(row, plugins)}
    assert refused == {row for row in RUNS if BARS_REFUSED in row.why or row.place == PIPE}
    assert {row.place for row in refused if BARS_REFUSED in row.why} == {PIPE, TERMINAL}


@pytest.mark.parametrize("row", [row for row in RUNS if BARS_REFUSED in row.why], ids=str)
def test_that_error_ends_the_program_with_2(row: Row, folder: Path) -> None:
    outcome = command(row, "run", "run.yaml", "--progress", "bars", folder=folder)
    assert outcome.code == 2
    assert b"bars need a terminal" in outcome.written


def test_a_notebook_gets_its_bar(plugins: PluginManager, monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = [row for row in ROWS if row.place == NOTEBOOK]

    class OutStream(io.StringIO):
        """Stands for the stream of ipykernel."""

    module = ModuleType("ipykernel.iostream")
    module.OutStream = OutStream  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ipykernel.iostream", module)
    config = load_config(
        CONFIG,
        plugins=plugins,
        environ=dict(row.variables),
        surroundings=surroundings_of(OutStream(), dict(row.variables)),
    )
    assert [found.name for found in config.reporters] == [row.reporter]


@pytest.mark.parametrize("place", [PIPE, TERMINAL])
def test_production_shows_errors_and_a_closing_line_and_writes_everything_to_files(
    place: str, folder: Path
) -> None:
    row = Row(place, (("NO_COLOR", "1"),), "plain", colors=False, why="")
    run_dir = folder / f"production {place}"
    arguments = ("run", "run.yaml", "--profile", "production", "--run-dir", str(run_dir))
    outcome = command(row, *arguments, folder=folder)
    assert outcome.code == 100
    lines = outcome.written.decode().replace("\r\n", "\n").splitlines()
    assert re.search(r"2/2 bad: failed: |1/2 bad: failed: ", lines[0])
    assert re.fullmatch(
        r"Run finished in .* with exit code 100, 1 of 2 samples edited; results in "
        + re.escape(str(run_dir)),
        lines[-1],
    )
    told = [line for line in lines[1:-1] if "│" not in line]
    assert len(told) == 2
    assert told[0] == "1 sample without a good result"
    assert told[1].startswith("try failed samples again with: ")

    kinds = [line["event"] for line in json_lines(run_dir / "log.jsonl")]
    assert kinds[0] == "RunStarted"
    assert kinds[-1] == "RunFinished"
    assert kinds.count("SampleFinished") == 2
    assert "StepFinished" not in kinds
    recorded = json_lines(run_dir / "events.jsonl")
    assert "StepFinished" in [line.get("kind") for line in recorded]
    assert "good: edited in" in (run_dir / "detail.log").read_text("utf-8")


def test_production_shows_one_line_of_a_good_run(folder: Path) -> None:
    done = editgauge(
        "run", "run.yaml", "--profile", "production", "-o", "edit.faults=[]", folder=folder
    )
    assert (done.returncode, done.stdout) == (0, b"")
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("Run finished in ")
    assert ", 2 of 2 samples edited; results in " in line


def test_q_and_v_change_the_terminal_and_no_file(folder: Path) -> None:
    """Lines of the same run differ in times, numbers of processes and its name only."""
    varying = re.compile(r"\d+(\.\d+)? s\b|pid \d+|[\d,.]+ images/min|\d{8}T\d{6}Z-faults-\w{6}")
    texts, shown = [], []
    for option in ("-q", "-v"):
        path = folder / f"lines{option}.log"
        done = editgauge(
            "run", "run.yaml", option, "--add-reporter", f"plain:{path}", folder=folder
        )
        assert done.returncode == 100
        shown.append(done.stderr.decode())
        lines = varying.sub("", path.read_text("utf-8").replace(option, "")).splitlines()
        texts.append([line for line in lines if "failed samples again" not in line])
    assert texts[0] == texts[1]
    assert any("good: edited in" in line for line in texts[0])
    assert "good: edited in" not in shown[0]
    assert "good: edited in" in shown[1]
