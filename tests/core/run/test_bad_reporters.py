"""Reporters that sleep, block, raise, or cannot write: the results are those of a quiet run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import ReporterFailed, RunFinished, StageFinished
from editgauge.core.run.result import RunResult
from tests.core.run.test_full_disk import may_mount, run_mounted
from tests.support.bad_reporters import Blocked, Raising, Sleeping
from tests.support.runs import Recorder, make_dataset, run, run_config

ROOT = Path(__file__).parents[3]
SAMPLES = 6
OF_ONE_RUN = {"seconds", "worker"}
"""Fields of a row that two runs need not share: how long it took, and who did it."""


def rows(run_dir: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in (run_dir / "results.jsonl").read_text().splitlines()]
    kept = [{name: row[name] for name in row if name not in OF_ONE_RUN} for row in found]
    return sorted(kept, key=lambda row: (row["stage"], row["index"]))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_dataset(tmp_path_factory.mktemp("data"), SAMPLES))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory, data: str) -> list[dict[str, Any]]:
    """Rows of an undisturbed run."""
    result, _, stderr = run(config_of(tmp_path_factory.mktemp("quiet"), data))
    assert (result.exit_code, stderr) == (0, "")
    found = rows(result.run_dir)
    assert len(found) == 2 * SAMPLES
    return found


def config_of(folder: Path, data: str, **changes: Any) -> dict[str, Any]:
    return run_config(folder, dataset={"path": data}, **changes)


def check_same(result: RunResult, quiet: list[dict[str, Any]]) -> None:
    assert result.exit_code == 0
    assert rows(result.run_dir) == quiet


def test_one_that_sleeps_a_second_for_each_event(
    tmp_path: Path, data: str, quiet: list[dict[str, Any]]
) -> None:
    sleeping = Sleeping()
    result, recorder, stderr = run(
        config_of(tmp_path, data, drain_timeout=0.2), reporters=[Recorder(), sleeping]
    )
    check_same(result, quiet)
    (missed,) = result.undelivered
    assert (missed.reporter, missed.hung) == ("reporter-2", True)
    assert missed.events + sleeping.heard == len(recorder.events)
    assert missed.steps > 0
    assert (
        f"editgauge: reporter 'reporter-2' did not get {missed.events} events ({missed.steps} of "
        "them denoising steps) and is still busy\n"
    ) in stderr


def test_draining_has_a_deadline_and_is_not_run_time(
    tmp_path: Path, data: str, quiet: list[dict[str, Any]]
) -> None:
    blocked = Blocked()
    started = time.monotonic()
    result, recorder, _ = run(
        config_of(tmp_path, data, drain_timeout=1.0), reporters=[blocked], run_dir=tmp_path / "run"
    )
    whole = time.monotonic() - started
    blocked.gate.set()
    check_same(result, quiet)
    (end,) = recorder.of(RunFinished)
    # Both are of this run, so the comparison holds however slow the machine is.
    assert end.seconds <= whole - 1.0
    assert end.elapsed <= whole - 1.0
    assert result.seconds == end.seconds
    assert sum(stage.seconds for stage in recorder.of(StageFinished)) <= end.seconds


def test_one_that_raises(tmp_path: Path, data: str, quiet: list[dict[str, Any]]) -> None:
    result, recorder, stderr = run(config_of(tmp_path, data), reporters=[Raising()])
    check_same(result, quiet)
    (failed,) = recorder.of(ReporterFailed)
    assert failed.reporter == "reporter-1"
    assert failed.error.startswith("KeyError: ")
    assert (
        f"editgauge: reporter 'reporter-1' failed in {failed.hook} and was muted: KeyError"
    ) in stderr
    assert result.undelivered == ()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("name", ["json", "file", "plain"])
def test_one_on_a_full_disk(
    tmp_path: Path, data: str, quiet: list[dict[str, Any]], name: str
) -> None:
    reporters = {name: {"path": "/dev/full"}}
    progress = "plain" if name == "plain" else "none"
    other = "file" if name == "json" else "json"
    reporters[other] = {"path": str(tmp_path / "other.log")}
    config = config_of(tmp_path, data, reporters=reporters, progress=progress)
    result, recorder, stderr = run(config)
    check_same(result, quiet)
    (failed,) = recorder.of(ReporterFailed)
    assert failed.error.startswith("No space left on device")
    assert f"reporter '{name}' failed in run_event and was muted: No space left on devic" in stderr
    # The others are told, and go on.
    written = (tmp_path / "other.log").read_text(encoding="utf-8")
    assert "No space left on device" in written
    assert "Run finished" in written or '"event": "RunFinished"' in written


def _main(folder: Path, data: str, **changes: Any) -> list[str]:
    path = folder / "config.json"
    path.write_text(json.dumps(config_of(folder, data, **changes)))
    return [sys.executable, "-m", "tests.support.run_main", str(path)]


def _run_dir(folder: Path) -> Path:
    (found,) = (folder / "runs").glob("2*")
    return found


def _command_line(folder: Path, data: str, *options: str) -> list[str]:
    """Return the real command, of a light model that it knows without a plugin of ours."""
    config = {
        "dataset": {"type": "jsonl", "path": data},
        "edit": {"type": "faults", "workers": {"devices": ["cpu"]}},
        "runs_dir": str(folder / "runs"),
        "drain_timeout": 0.5,
    }
    path = folder / "run.yaml"
    path.write_text(json.dumps(config))
    return [sys.executable, "-m", "editgauge", "run", str(path), *options]


def _environment() -> dict[str, str]:
    # Streams keep back what they could not write, unless this says that they must not.
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.fixture(scope="module")
def quiet_command(tmp_path_factory: pytest.TempPathFactory, data: str) -> list[dict[str, Any]]:
    """Rows of the command, undisturbed."""
    folder = tmp_path_factory.mktemp("quiet-command")
    command = _command_line(folder, data, "--progress", "none")
    subprocess.run(command, cwd=ROOT, env=_environment(), check=True)
    found = rows(_run_dir(folder))
    assert len(found) == SAMPLES
    return found


OUTPUTS = {
    "plain": ("--progress", "plain"),
    "json on stdout": ("-r", "json", "-o", "reporters.json.stream=stdout"),
}


@pytest.mark.parametrize("options", OUTPUTS.values(), ids=OUTPUTS)
def test_one_whose_reader_has_left(
    tmp_path: Path, data: str, quiet_command: list[dict[str, Any]], options: tuple[str, ...]
) -> None:
    # `editgauge run ... 2>&1 | head -1`
    process = subprocess.Popen(
        _command_line(tmp_path, data, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env=_environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(120) == 0
    assert rows(_run_dir(tmp_path)) == quiet_command
    # Nobody reads stderr any more; this can still be read.
    status = json.loads((_run_dir(tmp_path) / "status.json").read_text())
    (told,) = status["reporters"]
    assert "was muted: Broken pipe: whoever read what it writes has left" in told


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """A pipe that nobody reads, and that is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for size in (65536, 1):
        try:
            while True:
                os.write(writer, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(writer, True)
    yield writer
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("options", OUTPUTS.values(), ids=OUTPUTS)
def test_one_whose_reader_takes_nothing(
    tmp_path: Path,
    data: str,
    quiet_command: list[dict[str, Any]],
    full_pipe: int,
    options: tuple[str, ...],
) -> None:
    # As a terminal that was stopped by Ctrl-S.
    process = subprocess.run(
        _command_line(tmp_path, data, *options),
        stdout=full_pipe,
        stderr=full_pipe,
        cwd=ROOT,
        env=_environment(),
        timeout=120,
        check=False,
    )
    assert process.returncode == 0
    assert rows(_run_dir(tmp_path)) == quiet_command
    status = json.loads((_run_dir(tmp_path) / "status.json").read_text())
    (told,) = status["reporters"]
    assert "and is still busy" in told


@may_mount
def test_all_of_them_on_a_file_system_that_fills_up(
    tmp_path: Path, data: str, quiet: list[dict[str, Any]]
) -> None:
    names = ("json", "file", "events", "plain")
    reporters: dict[str, dict[str, Any]] = {
        name: {"path": str(tmp_path / "mounted" / f"{name}.log")} for name in names
    }
    reporters["json"] |= {"max_bytes": "4KiB", "backups": 100}
    command = _main(tmp_path, data, reporters=reporters, progress="plain")
    ended = run_mounted(tmp_path, "size=28k", command)
    assert ended.returncode == 0, ended.stderr
    assert rows(_run_dir(tmp_path)) == quiet
    told = "was muted: No space left on device"
    assert 1 <= ended.stderr.count(told) == len(ended.stderr.splitlines()), ended.stderr
    for path in (tmp_path / "kept").glob("json.log*"):
        # The last line of the last file may have found no room for its end.
        *whole, _ = path.read_bytes().split(b"\n")
        assert all(json.loads(line) for line in whole)
