"""SIGUSR1 to a real run: it says how far it is, wherever it is, and goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.watched import watch
from tests.support.processes import wait_until
from tests.support.runs import make_dataset, run_config

ROOT = Path(__file__).parents[3]


class Asked:
    """A run in a process of its own that waits for the test at chosen places."""

    def __init__(self, folder: Path, process: "subprocess.Popen[bytes]", stderr: Path) -> None:
        self.folder = folder
        self.process = process
        self._stderr = stderr

    def status(self) -> dict[str, Any]:
        """Return what `status.json` says, or nothing before it is there."""
        for path in (self.folder / "runs").glob("2*/status.json"):
            status: dict[str, Any] = json.loads(path.read_text())
            return status
        return {}

    def wait_for(self, phase: str, *, step: int | None = None) -> None:
        """Wait until `status.json` tells of a phase, and of a worker at a step."""

        def is_there() -> bool:
            status = self.status()
            return status.get("phase") == phase and (
                step is None or any(worker["step"] == step for worker in status["workers"])
            )

        assert wait_until(is_there, 60), self.status()

    def ask(self, answer: str) -> None:
        """Send SIGUSR1 and wait until stderr has the answer."""
        self.process.send_signal(signal.SIGUSR1)
        assert wait_until(lambda: answer in self.stderr(), 30), self.stderr()

    def stderr(self) -> str:
        return self._stderr.read_text()

    def release(self, name: str) -> None:
        (self.folder / f"{name}.go").touch()


def write_config(folder: Path, **changes: Any) -> Path:
    make_dataset(folder / "data", 3)
    misbehave = {"check": "hold:check", "load": "hold:load", "s1": "hold:s1"}
    edit = {"steps": 4, "misbehave": misbehave, "workers": {"devices": ["cpu"]}}
    config = run_config(folder, edit=edit, **changes)
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


@contextmanager
def asked(folder: Path, **changes: Any) -> Iterator[Asked]:
    command = [sys.executable, "-m", "tests.support.run_main", str(write_config(folder, **changes))]
    stderr = folder / "stderr.txt"
    with stderr.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, stderr=file)
    try:
        yield Asked(folder, process, stderr)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("progress", ["none", "plain", "quiet"])
def test_lines_on_stderr_say_how_far_the_run_is_in_every_phase(
    tmp_path: Path, progress: str
) -> None:
    with asked(tmp_path, progress=progress) as run:
        run.wait_for("preflight")
        run.ask("checking the workers' environments\n")
        run.release("check")
        run.wait_for("edit")
        run.ask("edit-0 loading")
        run.release("load")
        run.wait_for("edit", step=2)
        run.ask("edit-0 busy with s1, 2 of 4, for ")
        assert "editing, 1 of 3 done, about " in run.stderr()
        run.release("s1")
        assert run.process.wait(60) == 0, run.stderr()
        status = run.status()
        assert (status["phase"], status["status"]) == ("ended", "finished")
        assert status["pid"] == run.process.pid
        # Told once, by a reporter or by the run itself, but never by both.
        assert run.stderr().count("edit-0 loading") == 1


def test_a_log_of_json_on_stderr_stays_one_of_json(tmp_path: Path) -> None:
    with asked(tmp_path, reporters={"json": {}}) as run:
        run.wait_for("preflight")
        run.ask('"event": "StatusReported"')
        run.process.send_signal(signal.SIGTERM)
        run.process.wait(60)
        lines = run.stderr().splitlines()
        (report,) = [
            json.loads(line)
            for line in lines
            if line.startswith("{") and '"event": "StatusReported"' in line
        ]
        assert report["phase"] == "preflight"
        assert not [line for line in lines if "checking the workers" in line and line[0] != "{"]


def test_bars_are_not_torn_by_the_answer(tmp_path: Path) -> None:
    path = write_config(tmp_path, progress="bars")
    command = [sys.executable, "-m", "tests.support.run_main", str(path)]
    with watch(command, folder=ROOT, columns=100, rows=30) as watched:
        for name in ("check", "load"):
            (tmp_path / f"{name}.go").touch()

        def lines() -> list[str]:
            return watched.terminal.lines()

        watched.wait_for(
            lambda: any("Denoising:  50%" in line for line in lines()), "a bar at its half"
        )
        os.kill(watched.process.pid, signal.SIGUSR1)
        watched.wait_for(
            lambda: any("edit-0 busy with s1, 2 of 4" in line for line in lines()), "the answer"
        )
        # Above the bars, which are whole and below everything that was printed.
        rows = lines()
        block = watched.terminal.block()
        assert rows[-2:] == block
        assert [row.split(":")[0] for row in block] == ["[CPU 0] Denoising", "Editing"]
        answer = [row for row in rows if "editing, 1 of 3 done" in row or "edit-0 busy" in row]
        assert len(answer) == 2
        (tmp_path / "s1.go").touch()
        assert watched.wait_for_end() == 0


@pytest.mark.parametrize("progress", ["none", "plain"])
def test_a_run_that_is_asked_all_the_time_ends_as_any_other(tmp_path: Path, progress: str) -> None:
    with asked(tmp_path, progress=progress, drain_timeout=5.0) as run:
        for name in ("check", "load", "s1"):
            run.release(name)
        assert wait_until((tmp_path / "runs").exists, 60)
        while run.process.poll() is None:
            run.process.send_signal(signal.SIGUSR1)
            time.sleep(0.002)
        assert run.process.returncode == 0, run.stderr()[-2000:]
        assert run.status()["exit_code"] == 0
