"""Signals to the parent of a real run: nothing outlives it, nothing finished is lost."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.report.figures import report_of
from tests.support.processes import descendants, is_alive, wait_until
from tests.support.runs import make_dataset, run, run_config

ROOT = Path(__file__).parents[3]


class Running:
    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder
        self.config = run_config(folder, **changes)
        path = folder / "config.json"
        path.write_text(json.dumps(self.config))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.run_main", str(path)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def run_dir(self) -> Path:
        return self.folder / "runs" / "latest"

    def rows(self) -> list[dict[str, Any]]:
        path = self.run_dir / "results.jsonl"
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def wait_for_rows(self, number: int) -> None:
        assert wait_until(lambda: len(self.rows()) >= number, 60)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    make_dataset(tmp_path / "data", 40)
    edit = {"step_seconds": 0.05, "misbehave": {"load": "once:orphan"}}
    started = Running(tmp_path, edit=edit)
    yield started
    started.process.kill()
    started.process.communicate()


def test_nothing_outlives_a_parent_that_is_killed(running: Running) -> None:
    running.wait_for_rows(2)
    below = descendants(running.process.pid)
    orphan = int((running.folder / "orphan.pid").read_text())
    assert len(below) >= 2
    assert orphan in below
    running.process.kill()
    running.process.wait()
    assert wait_until(lambda: not any(is_alive(pid) for pid in below), 2)


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_the_run_in_good_order(
    running: Running, number: signal.Signals, exit_code: int
) -> None:
    running.wait_for_rows(3)
    below = descendants(running.process.pid)
    running.process.send_signal(number)
    _, stderr = running.process.communicate(timeout=30)
    assert running.process.returncode == exit_code
    assert f"interrupted by {number.name}" in stderr
    manifest = json.loads((running.run_dir / "run.json").read_text())
    assert manifest["status"] == "interrupted"
    assert manifest["summary"]["exit_code"] == exit_code
    advice = manifest["summary"]["advice"]
    assert advice == f"go on with: editgauge run config.yaml --resume {running.run_dir.resolve()}"
    assert advice in stderr
    assert not any(is_alive(pid) for pid in below)


def test_a_killed_run_goes_on_where_it_was(running: Running) -> None:
    running.wait_for_rows(5)
    running.process.kill()
    running.process.wait()
    before = running.rows()
    result, _, _ = run(running.config, resume="latest")
    assert result.exit_code == 0
    after = running.rows()
    assert after[: len(before)] == before
    assert sorted((row["stage"], row["index"]) for row in after) == [
        (stage, row) for stage in ("edit", "score") for row in range(40)
    ]
    # How long the killed start edited is not known, so no speed is made up.
    edited, scored = report_of(running.run_dir).stages
    assert (edited.ok, edited.seconds, edited.images_per_minute) == (40, None, None)
    assert scored.images_per_minute is not None


def test_a_second_signal_does_not_wait_for_workers(tmp_path: Path) -> None:
    # A worker that is stopped does not answer to the request to end, nor to SIGTERM.
    started = Running(tmp_path, edit={"misbehave": {"s0": "stop", "s1": "stop"}})
    stopped = tmp_path / "runs" / "latest" / "logs" / "edit-1.log"
    assert wait_until(stopped.exists, 60)
    below = descendants(started.process.pid)
    started.process.send_signal(signal.SIGINT)
    assert wait_until((tmp_path / "runs").exists, 5)
    started.process.send_signal(signal.SIGINT)
    assert started.process.wait(timeout=30) in (130, 128 + signal.SIGINT)
    started.process.communicate()
    assert wait_until(lambda: not any(is_alive(pid) for pid in below), 2)
