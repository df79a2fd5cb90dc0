"""Two interrupts of a command end it with exit code 130, whenever the second one comes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import wait_until
from tests.support.runs import make_dataset

PROGRAM = """
import atexit, io, os, signal, sys

first, second, moment = sys.argv[1:4]
sys.argv[1:] = ["plugins"]

def send(name):
    if name:
        os.kill(os.getpid(), signal.Signals[name])

class Interrupting(io.StringIO):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def write(self, text):
        name, self.name = self.name, ""
        send(name)
        return super().write(text)

class Last:
    def __del__(self, send=send):
        send(second)

from editgauge.core.cli.main import main

sys.stdout = Interrupting(first)
if moment == "the first one is reported":
    sys.stderr = Interrupting(second)
elif moment == "Python leaves":
    atexit.register(send, second)
elif moment == "Python has taken its handlers away":
    # Modules and what they hold are taken down last of all.
    sys.modules["kept"] = Last()
main()
"""
MOMENTS = ["the first one is reported", "Python leaves", "Python has taken its handlers away"]


def _end(first: str, second: str, moment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, first, second, moment],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_second_interrupt_changes_nothing_of_the_exit_code(moment: str) -> None:
    assert _end("SIGINT", "SIGINT", moment)[0] == 130


@pytest.mark.parametrize("moment", MOMENTS[1:])
@pytest.mark.parametrize("late", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_comes_when_all_is_done_changes_nothing(moment: str, late: str) -> None:
    assert _end("", late, moment) == (0, "")


def test_an_interrupt_that_is_ignored_from_outside_stays_ignored() -> None:
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert _end("SIGINT", "SIGINT", MOMENTS[2])[0] == 0
    finally:
        signal.signal(signal.SIGINT, former)


def test_a_run_that_gets_a_second_interrupt_as_it_ends_has_its_exit_code(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", samples=40)
    config = {
        "dataset": {"type": "jsonl", "path": str(tmp_path / "data" / "samples.jsonl")},
        "edit": {"type": "faults", "step_seconds": 0.05, "workers": {"devices": ["cpu"]}},
        "runs_dir": str(tmp_path / "runs"),
        "progress": "plain",
    }
    (tmp_path / "run.yaml").write_text(json.dumps(config))
    process = subprocess.Popen(
        [sys.executable, "-m", "editgauge", "run", str(tmp_path / "run.yaml")],
        stderr=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "EDITGAUGE_PROFILE"},
    )
    run_dir = tmp_path / "runs" / "latest"

    def rows() -> int:
        path = run_dir / "results.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    try:
        assert wait_until(lambda: rows() >= 2, 60)
        finished = rows()
        process.send_signal(signal.SIGINT)
        ended = '"status": "interrupted"'
        assert wait_until(lambda: ended in (run_dir / "run.json").read_text("utf-8"), 60)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, stderr
    assert rows() >= finished
