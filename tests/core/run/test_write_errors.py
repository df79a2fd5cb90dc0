"""Runs that can no longer write: never a false success, and older rows stay readable."""

import errno
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
from editgauge.core.hooks.events import Event, LogEmitted, ReporterFailed, StageStarted
from editgauge.core.outcomes import RunStatus
from editgauge.core.run.store import read_results
from tests.support.failing_writes import SUPPORTED, FailingWrites
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


@pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")
@pytest.mark.parametrize("name", ["json", "file", "events", "plain"])
def test_a_reporter_that_cannot_write_is_muted_and_the_run_goes_on(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "reports" / f"{name}.log"
    config = run_config(
        tmp_path,
        reporters={name: {"path": str(path)}},
        progress="plain" if name == "plain" else "none",
    )
    # The folder, the file, and a few lines; from then on the disk is full.
    shim = FailingWrites(path.parent, at=8, kind="ENOSPC")
    with shim.installed():
        result, recorder, stderr = run(config)
    assert shim.failed
    assert (result.exit_code, result.status) == (0, RunStatus.FINISHED)
    assert len(list(read_results(result.run_dir))) == 12
    assert [failure.reporter for failure in result.reporter_failures] == [name]
    assert f"reporter '{name}' failed" in stderr
    assert "No space left on device" in stderr
    assert [event.reporter for event in recorder.of(ReporterFailed)] == [name]


def test_a_reporter_whose_disk_is_full_from_the_start_does_not_end_the_run(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    result, _, stderr = run(run_config(tmp_path, reporters={"json": {"path": "/dev/full"}}))
    assert result.exit_code == 0
    assert "reporter 'json' failed" in stderr


def test_a_folder_without_permission_to_write_is_said_with_110(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    if os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("permissions do not bind this user")
    ended = _run_alone(
        run_config(tmp_path, runs_dir=str(tmp_path / "locked" / "runs")),
        tmp_path,
        stderr=subprocess.PIPE,
    )
    assert "Permission denied" in ended.stderr
    assert ended.returncode != 0


@pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")
def test_a_link_or_status_that_cannot_be_written_is_said_and_costs_nothing(tmp_path: Path) -> None:
    class Unlinkable(FailingWrites):
        def check(self, operation: str, path: str) -> None:
            if operation == "symlink" or "status.json" in path:
                raise OSError(errno.EPERM, os.strerror(errno.EPERM), path)

    with Unlinkable(tmp_path / "runs", at=0, kind="EIO").installed():
        result, recorder, stderr = run(run_config(tmp_path))
    assert result.exit_code == 0
    told = [event.text for event in recorder.of(LogEmitted) if event.level == "warning"]
    assert len(told) == 2
    assert any("latest: Operation not permitted" in text for text in told)
    assert any("status.json: Operation not permitted" in text for text in told)
    assert stderr.count("status.json") == 1
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [result.run_dir.name]
