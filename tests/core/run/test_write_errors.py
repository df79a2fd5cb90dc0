"""Runs that can no longer write: never a false success, and older rows stay readable."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editgauge import hookimpl
from editgauge.core.hooks.events import Event, StageStarted
from editgauge.core.outcomes import RunStatus
from editgauge.core.run.store import read_results
from tests.support.runs import make_dataset, run, run_config

ROOT = Path(__file__).parents[3]


def _run_alone(
    config: dict[str, Any], folder: Path, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run in a process of its own."""
    (folder / "config.json").write_text(json.dumps(config))
    return subprocess.run(
        [sys.executable, "-m", "tests.support.run_main", str(folder / "config.json")],
        cwd=ROOT,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


@pytest.mark.parametrize("limit", [9_000, 15_000])
def test_results_that_cannot_be_written_end_the_run_with_110(tmp_path: Path, limit: int) -> None:
    make_dataset(tmp_path / "data", 40)
    config = run_config(tmp_path)
    # What a file may grow to; the write that passes it fails, as on a full disk.
    ended = _run_alone(
        config,
        tmp_path,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert ended.returncode == 110, ended.stderr
    assert "cannot write" in ended.stderr
    run_dir = tmp_path / "runs" / "latest"
    before = list(read_results(run_dir))
    assert json.loads((run_dir / "run.json").read_text())["status"] != "finished"

    result, _, _ = run(config, resume="latest")
    assert result.exit_code == 0
    after = list(read_results(run_dir))
    assert after[: len(before)] == before
    assert len(after) == 80


def test_a_run_directory_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    config = run_config(tmp_path, runs_dir="/proc/runs")
    ended = _run_alone(config, tmp_path, stderr=subprocess.PIPE)
    assert ended.returncode != 0
    assert "cannot write /proc/runs" in ended.stderr


class RemovesImages:
    """Takes the folder of images away before the first edit is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def run_event(self, event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "edit":
            shutil.rmtree(self.folder / "runs" / "latest" / "images")


def test_an_image_that_cannot_be_written_is_no_failure_of_its_sample(tmp_path: Path) -> None:
    config = run_config(tmp_path, edit={"type": "sleeping", "step_seconds": 0.1})
    result, _, stderr = run(config, reporters=[RemovesImages(tmp_path)])
    assert result.exit_code == 110
    assert result.status is RunStatus.FAILED
    assert "cannot write" in stderr
    assert "No such file or directory" in stderr
    assert list(read_results(result.run_dir)) == []

    (result.run_dir / "images").mkdir()
    again, _, _ = run(config, resume="latest")
    assert again.exit_code == 0


@pytest.mark.parametrize("closed", ["pipe without a reader", "closed descriptor"])
def test_a_stderr_that_nobody_reads_does_not_change_the_exit_code(
    tmp_path: Path, closed: str
) -> None:
    config = run_config(tmp_path, edit={"type": "sleeping", "misbehave": {"s1": "raise"}})
    reader, writer = os.pipe()
    os.close(reader)
    ended = _run_alone(
        config,
        tmp_path,
        stdout=subprocess.PIPE,
        stderr=writer,
        preexec_fn=(lambda: os.close(2)) if closed == "closed descriptor" else None,
    )
    os.close(writer)
    manifest = json.loads((tmp_path / "runs" / "latest" / "run.json").read_text())
    assert manifest["summary"]["exit_code"] == ended.returncode == 100
    assert ended.stdout == ""
