"""Workers that die, hang, stop, print and break the protocol, in real processes."""

from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import (
    LogEmitted,
    SampleRetried,
    StageStarted,
    WorkerLost,
    WorkerStarted,
)
from editgauge.core.outcomes import EditOutcome, ExitCode, RunStatus, ScoreOutcome
from editgauge.core.run.preflight import PreflightError
from tests.support.runs import run, run_config


def _edit(folder: Path, misbehave: dict[str, str], **settings: Any) -> dict[str, Any]:
    workers = {"devices": ["cpu", "cpu"], "parallel_loads": 2, **settings}
    return {"misbehave": misbehave, "folder": str(folder), "workers": workers}


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("kill", "killed by SIGKILL"),
        ("exit", "exited with code 3"),
        ("garbage", "broke the protocol"),
    ],
)
def test_a_sample_whose_worker_was_lost_is_edited_by_another(
    tmp_path: Path, how: str, why: str
) -> None:
    config = run_config(tmp_path, edit=_edit(tmp_path, {"s2": f"once:{how}"}))
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    assert result.edit_outcomes == {EditOutcome.OK: 6}
    (lost,) = recorder.of(WorkerLost)
    assert why in lost.reason
    assert lost.samples == ("s2",)
    (retried,) = recorder.of(SampleRetried)
    assert retried.sample == "s2"
    edit = list(result.results())[2].edit
    assert edit is not None
    assert edit.attempt == 2
    assert not list((result.run_dir / "images").glob(".*"))


def test_a_sample_that_takes_two_workers_down_is_set_aside(tmp_path: Path) -> None:
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, {"s1": "kill"})))
    assert result.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.CRASHED: 1}
    assert result.score_outcomes[ScoreOutcome.NOT_EDITED] == 1
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.status is RunStatus.FINISHED
    assert len(recorder.of(WorkerLost)) == 2
    edit = list(result.results())[1].edit
    assert edit is not None
    assert "2 workers were lost with this sample" in edit.reason


def test_a_batch_whose_judge_was_lost_is_judged_one_by_one(tmp_path: Path) -> None:
    reward = {"type": "counting", "batch_size": 3, "misbehave": {"s1": "kill"}}
    result, recorder, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.CRASHED: 1}
    # Once in its batch, which counts no strike, and twice alone.
    assert [lost.samples for lost in recorder.of(WorkerLost)] == [("s1", "s2"), ("s1",), ("s1",)]


def test_a_model_that_no_worker_can_load_ends_the_run_with_its_error(tmp_path: Path) -> None:
    result, recorder, stderr = run(run_config(tmp_path, edit=_edit(tmp_path, {"load": "raise"})))
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert "could not load its model: RuntimeError: told to raise" in stderr
    assert len(recorder.of(WorkerStarted)) == 2


def test_one_worker_that_cannot_load_does_not_stop_the_others(tmp_path: Path) -> None:
    result, _, _ = run(run_config(tmp_path, edit=_edit(tmp_path, {"load": "once:raise"})))
    assert result.exit_code == 0


def test_a_missing_interpreter_is_found_before_anything_is_made(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {}, python=str(tmp_path / "no" / "python"))
    with pytest.raises(PreflightError, match=r"edit\.workers\.python: no interpreter at"):
        run(run_config(tmp_path, edit=edit))
    assert not (tmp_path / "runs").exists()


def test_a_judge_environment_that_is_no_python_is_found_before_any_edit(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'no such environment' >&2\nexit 7\n")
    python.chmod(0o755)
    reward = {"type": "counting", "workers": {"python": str(python)}}
    result, recorder, stderr = run(run_config(tmp_path, reward=reward))
    assert result.exit_code == ExitCode.USAGE
    assert "reward: the worker environment of 'counting' cannot be used" in stderr
    assert "exited with code 7" in stderr
    assert "no such environment" in stderr
    assert not recorder.of(StageStarted)


def test_a_model_whose_files_are_missing_is_found_before_any_edit(tmp_path: Path) -> None:
    result, recorder, stderr = run(run_config(tmp_path, edit=_edit(tmp_path, {"check": "raise"})))
    assert result.exit_code == ExitCode.USAGE
    assert "told to raise" in stderr
    assert not recorder.of(StageStarted)


def test_a_flood_of_output_goes_into_the_log_and_harms_nothing(tmp_path: Path) -> None:
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, {"s1": "print"})))
    assert result.exit_code == 0
    logs = list((result.run_dir / "logs").glob("edit-*.log"))
    assert sum(path.stat().st_size for path in logs) == 2 * 50_000 * 100
    texts = [event.text for event in recorder.of(LogEmitted)]
    assert any("more lines in the worker's log" in text for text in texts)
    assert len(texts) < 20_000


def test_output_of_c_and_of_grandchildren_does_not_touch_the_channel(tmp_path: Path) -> None:
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, {"s1": "print_from_c"})))
    assert result.exit_code == 0
    texts = [event.text for event in recorder.of(LogEmitted)]
    assert texts.count("written by C") == texts.count("written by a grandchild") == 1


def test_a_traceback_is_kept_in_the_log_and_not_pushed_at_people(tmp_path: Path) -> None:
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, {"s1": "raise"})))
    logs = "".join(path.read_text() for path in (result.run_dir / "logs").glob("edit-*.log"))
    assert "RuntimeError: told to raise" in logs
    assert "in misbehave" in logs
    lines = [event for event in recorder.of(LogEmitted) if event.worker.startswith("edit")]
    assert {event.level for event in lines} == {"debug"}
    assert any("in misbehave" in event.text for event in lines)
