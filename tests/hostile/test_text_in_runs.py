"""Hostile text in real runs: of datasets and models, through every reporter at once."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from editgauge.core.hooks.events import LogEmitted, SampleFinished
from editgauge.core.hooks.recording import read_events
from tests.hostile.texts import CORPUS, harm_in

ROOT = Path(__file__).parents[2]
_OWN_SEQUENCES = re.compile(r"\x1b\[J|\x1b\[K|\x1b\[\?7[lh]|\x1b\[\d*A|\x1b\[(?:0|2|31|33)m|\r")
ROWS = list(CORPUS.items())


def _write_config(folder: Path, progress: str) -> Path:
    (folder / "data").mkdir()
    Image.new("RGB", (8, 8)).save(folder / "data" / "a.png")
    with (folder / "data" / "rows.jsonl").open("w", encoding="ascii") as file:
        for number, (_, text) in enumerate(ROWS):
            row = {
                "id": f"{text}{number}",
                "image": "a.png",
                # The hostile part begins its line; what is white space alone is no instruction.
                "instruction": f"{text}\nend",
                "category": text[:2_000],
            }
            file.write(json.dumps(row) + "\n")
    shown = {"detail": "full", "logs": "debug"}
    config = {
        "dataset": {"type": "jsonl", "path": str(folder / "data" / "rows.jsonl")},
        "edit": {
            "type": "echoing",
            "error": CORPUS["GitHub command on a later line"] + CORPUS["clear the screen"],
            "workers": {"devices": ["cpu"]},
        },
        "reward": {"type": "echoing", "workers": {"devices": ["cpu"]}},
        "runs_dir": str(folder / "runs"),
        "progress": progress,
        "max_failures": len(ROWS),
        "reporters": {
            "plain" if progress == "plain" else "tqdm": shown,
            "json": {"stream": "stdout"},
            "file": {"steps": True},
            "events": {},
        },
    }
    path = folder / "run.yaml"
    path.write_text(json.dumps(config), encoding="ascii")
    return path


def _command(config: Path) -> list[str]:
    return [sys.executable, "-m", "tests.hostile.command_line", "run", str(config)]


def _check_files(folder: Path, stdout: bytes) -> None:
    """Check everything that was written but the terminal."""
    (run,) = (path for path in (folder / "runs").iterdir() if not path.is_symlink())
    for name in (
        "detail.log",
        "events.jsonl",
        "results.jsonl",
        "samples.jsonl",
        "run.json",
        "status.json",
        *(f"logs/{path.name}" for path in (run / "logs").iterdir()),
    ):
        text = (run / name).read_bytes().decode("utf-8")
        # Tabs stay in the logs of workers: they indent, and harm nobody.
        text = text.replace("\t", "") if name.startswith("logs/") else text
        assert harm_in(text) == [], name
    assert "\\x1b[2J" in (run / "logs" / "edit-0.log").read_text("utf-8")
    assert harm_in(stdout.decode("utf-8")) == []
    with (run / "events.jsonl").open(encoding="utf-8", newline="\n") as file:
        events = list(read_events(file))
    lines = stdout.split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["event"] for line in lines] == [type(e).__name__ for e in events]
    logged = "".join(event.text for event in events if isinstance(event, LogEmitted))
    assert "\x1b[2J" in logged, "the recording keeps what was said"

    # Every sample has an outcome, and what it holds is what came.
    rows = [
        json.loads(line) for line in (run / "results.jsonl").read_text("utf-8").split("\n")[:-1]
    ]
    for number, (name, text) in enumerate(ROWS):
        stages = {row["stage"]: row for row in rows if row["index"] == number}
        assert set(stages) == {"edit", "score"}, name
        edit, score = stages["edit"], stages["score"]
        assert edit["id"] == score["id"] == f"{text}{number}"
        assert edit["category"] == (text[:2_000] if text.strip() else "")
        if number % 3 == 2:
            assert edit["outcome"] == "failed"
            assert edit["reason"].startswith(f"RuntimeError: {text[:1_000]}")
        elif score["reply"] is not None:
            assert text in score["reply"]
    outcomes = {event.outcome for event in events if isinstance(event, SampleFinished)}
    assert {"ok", "failed", "unparsed", "not_edited"} <= outcomes
    names = [path.name for path in (run / "images").iterdir()]
    assert len(names) == sum(row["stage"] == "edit" and row["outcome"] == "ok" for row in rows)
    assert all(re.fullmatch(r"[a-z0-9_-]+\.png", name) for name in names)


def test_plain_lines_json_and_files_of_a_run_are_harmless(tmp_path: Path) -> None:
    done = subprocess.run(
        _command(_write_config(tmp_path, "plain")),
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=300,
    )
    shown = done.stderr.decode("utf-8")
    assert done.returncode == 0, shown[-2_000:]
    assert harm_in(shown) == []
    _check_files(tmp_path, done.stdout)


def test_the_terminal_of_a_run_gets_no_control_character_of_the_data(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("CI", None)
    with (tmp_path / "stdout").open("wb") as stdout:
        process = subprocess.Popen(
            _command(_write_config(tmp_path, "bars")),
            cwd=ROOT,
            env=environment,
            stdout=stdout,
            stderr=slave,
        )
        os.close(slave)
        shown = b""
        while data := _read(master):
            shown += data
        os.close(master)
        assert process.wait(60) == 0, shown[-2_000:]
    assert harm_in(_OWN_SEQUENCES.sub("", shown.decode("utf-8"))) == []
    assert b"Run finished" in shown
    _check_files(tmp_path, (tmp_path / "stdout").read_bytes())


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
