"""`latest` is the newest run that can be gone on with, whatever became of it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from editgauge.core.outcomes import ExitCode
from editgauge.core.run.latest import LatestLink
from tests.support.processes import wait_until
from tests.support.runs import run, run_config

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


def latest(folder: Path) -> Path:
    return (folder / "runs" / "latest").resolve()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize(
    ("reached", "changes"),
    [
        ("dataset", {"dataset": {"type": "stalling"}}),
        ("check", {"edit": {"misbehave": {"check": "stall:check"}}}),
    ],
)
def test_a_run_that_is_stopped_before_its_first_stage_is_the_latest(
    tmp_path: Path, reached: str, changes: dict[str, dict[str, object]], sent: signal.Signals
) -> None:
    older, _, _ = run(run_config(tmp_path))
    config = run_config(tmp_path, **changes)
    for section in ("dataset", "edit"):
        if section in changes:
            config[section]["folder"] = str(tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.run_main", str(path)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert wait_until((tmp_path / f"{reached}.reached").exists, PATIENCE)
            process.send_signal(sent)
            process.wait(PATIENCE)
        finally:
            process.kill()
    assert latest(tmp_path) != older.run_dir
    (tmp_path / f"{reached}.passed").touch()
    again, _, _ = run(config, resume="latest")
    assert again.exit_code == ExitCode.OK
    assert again.run_dir not in (older.run_dir, tmp_path / "runs" / "latest")


def test_a_run_whose_environment_cannot_be_used_is_not_the_latest(tmp_path: Path) -> None:
    broken = run_config(tmp_path, edit={"misbehave": {"check": "raise"}, "folder": str(tmp_path)})
    first, _, _ = run(broken)
    assert first.exit_code == ExitCode.USAGE
    assert not (tmp_path / "runs" / "latest").is_symlink()
    good, _, _ = run(run_config(tmp_path))
    bad, _, _ = run(broken)
    assert bad.exit_code == ExitCode.USAGE
    assert latest(tmp_path) == good.run_dir


def test_a_run_with_no_samples_is_not_the_latest(tmp_path: Path) -> None:
    good, _, _ = run(run_config(tmp_path))
    (tmp_path / "data" / "samples.jsonl").write_text("")
    empty, _, _ = run(run_config(tmp_path))
    assert empty.exit_code == ExitCode.NOTHING_SELECTED
    assert latest(tmp_path) == good.run_dir


def test_a_run_that_is_gone_on_with_is_the_latest_and_one_that_is_refused_is_not(
    tmp_path: Path,
) -> None:
    fingerprint = tmp_path / "fingerprint"
    fingerprint.write_text("first")
    config = run_config(tmp_path, edit={"fingerprint_file": str(fingerprint)})
    first, _, _ = run(config)
    second, _, _ = run(config)
    assert latest(tmp_path) == second.run_dir
    run(config, resume=str(first.run_dir))
    assert latest(tmp_path) == first.run_dir
    fingerprint.write_text("second")
    refused, _, _ = run(config, resume=str(second.run_dir))
    assert refused.exit_code == ExitCode.USAGE
    assert latest(tmp_path) == first.run_dir


def test_a_link_that_another_run_took_meanwhile_stays(tmp_path: Path) -> None:
    links = {}
    for name in ("older", "refused", "newer"):
        (tmp_path / name).mkdir()
        links[name] = LatestLink(tmp_path / name, tmp_path)
        assert links[name].point() == ""
    links["refused"].put_back()
    assert (tmp_path / "latest").readlink() == Path("newer")
    links["newer"].put_back()
    assert (tmp_path / "latest").readlink() == Path("refused")


def test_what_somebody_else_called_latest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "latest").write_text("mine")
    link = LatestLink(tmp_path / "run", tmp_path)
    assert link.point() == ""
    link.put_back()
    assert (tmp_path / "latest").read_text() == "mine"
