"""What a terminal's keys do to a run: Ctrl-C to everything in the foreground, Ctrl-Z and `fg`."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import descendants, is_alive, wait_until
from tests.support.runs import make_dataset, run_config

ROOT = Path(__file__).parents[3]
SAMPLES = 12
PATIENCE = 60.0

# What a shell does: a session with the terminal, and the run as the foreground job of it.
_SHELL = """
import fcntl, os, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen(sys.argv[1:], process_group=0, restore_signals=True,
                       preexec_fn=lambda: signal.signal(signal.SIGTTOU, signal.SIG_DFL))
os.tcsetpgrp(0, job.pid)
print(job.pid, flush=True)
code = job.wait()
sys.exit(code if code >= 0 else 128 - code)
"""


class InTerminal:
    """A run that is the foreground job of a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_dataset(folder / "data", SAMPLES)
        edit = {"step_seconds": 0.03, "folder": str(folder), "misbehave": {"load": "once:orphan"}}
        path = folder / "config.json"
        path.write_text(json.dumps(run_config(folder, edit=edit)))
        self.keyboard, terminal = pty.openpty()
        self.shell = subprocess.Popen(
            [sys.executable, "-c", _SHELL, sys.executable, "-m", "tests.support.run_main", path],
            cwd=ROOT,
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(terminal)
        assert self.shell.stdout is not None
        self.pid = int(self.shell.stdout.readline())

    @property
    def run_dir(self) -> Path:
        return self.folder / "runs" / "latest"

    def rows(self) -> int:
        path = self.run_dir / "results.jsonl"
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def press(self, key: bytes) -> None:
        os.write(self.keyboard, key)

    def state(self) -> str:
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0]

    def logs(self) -> str:
        return "".join(path.read_text() for path in (self.run_dir / "logs").iterdir())


@pytest.fixture
def in_terminal(tmp_path: Path) -> Iterator[InTerminal]:
    started = InTerminal(tmp_path)
    yield started
    if is_alive(started.pid):
        os.kill(started.pid, signal.SIGKILL)
    started.shell.communicate(timeout=PATIENCE)
    os.close(started.keyboard)


def test_ctrl_c_ends_the_run_in_good_order_and_reaches_no_worker(in_terminal: InTerminal) -> None:
    assert wait_until(lambda: in_terminal.rows() >= 2, PATIENCE)
    below = descendants(in_terminal.pid)
    assert int((in_terminal.folder / "orphan.pid").read_text()) in below
    in_terminal.press(b"\x03")
    _, stderr = in_terminal.shell.communicate(timeout=PATIENCE)
    assert in_terminal.shell.returncode == 130
    assert "interrupted by SIGINT" in stderr
    assert wait_until(lambda: not any(is_alive(pid) for pid in below), 10)
    assert json.loads((in_terminal.run_dir / "run.json").read_text())["status"] == "interrupted"
    assert "KeyboardInterrupt" not in in_terminal.logs() + stderr


def test_ctrl_z_stops_the_run_and_fg_lets_it_go_on(in_terminal: InTerminal) -> None:
    assert wait_until(lambda: in_terminal.rows() >= 2, PATIENCE)
    in_terminal.press(b"\x1a")
    assert wait_until(lambda: in_terminal.state() == "T", PATIENCE)
    before = in_terminal.rows()
    assert before < SAMPLES
    os.killpg(in_terminal.pid, signal.SIGCONT)
    _, stderr = in_terminal.shell.communicate(timeout=PATIENCE)
    assert (in_terminal.shell.returncode, stderr) == (0, "")
    lines = (in_terminal.run_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert sorted((row["stage"], row["index"], row["outcome"]) for row in rows) == [
        (stage, row, "ok") for stage in ("edit", "score") for row in range(SAMPLES)
    ]
    # Nobody was taken for lost meanwhile.
    assert {row["attempt"] for row in rows} == {1}


def test_a_run_that_is_stopped_can_be_ended(in_terminal: InTerminal) -> None:
    assert wait_until(lambda: in_terminal.rows() >= 2, PATIENCE)
    below = descendants(in_terminal.pid)
    in_terminal.press(b"\x1a")
    assert wait_until(lambda: in_terminal.state() == "T", PATIENCE)
    os.killpg(in_terminal.pid, signal.SIGTERM)
    os.killpg(in_terminal.pid, signal.SIGCONT)
    in_terminal.shell.communicate(timeout=PATIENCE)
    assert in_terminal.shell.returncode == 143
    assert wait_until(lambda: not any(is_alive(pid) for pid in below), 10)
