"""Errors of a GPU in real runs: what they cost, whatever the model."""

from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import LogEmitted, SampleRetried, WorkerLost, WorkerStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from tests.support.runs import run, run_config


def _edit(folder: Path, misbehave: dict[str, str]) -> dict[str, Any]:
    return {"misbehave": misbehave, "folder": str(folder), "workers": {"devices": ["cpu"]}}


def test_an_edit_that_runs_out_of_memory_costs_its_sample_and_not_the_worker(
    tmp_path: Path,
) -> None:
    edit = _edit(tmp_path, {"s1": "out_of_memory"})
    result, recorder, _ = run(run_config(tmp_path, edit=edit, reward=None))
    assert result.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.FAILED: 1}
    assert recorder.of(WorkerLost) == []
    assert len(recorder.of(WorkerStarted)) == 1
    row = list(result.results())[1].edit
    assert row is not None
    assert row.reason.startswith("RuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB. (")
    assert "Try a smaller picture" in row.reason


def test_a_batch_that_runs_out_of_memory_is_judged_one_by_one(tmp_path: Path) -> None:
    reward = {"batch_size": 3, "misbehave": {"s1": "out_of_memory"}, "live": False}
    result, recorder, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.FAILED: 1}
    assert recorder.of(WorkerLost) == []
    assert [event.sample for event in recorder.of(SampleRetried)] == ["s0", "s1", "s2"]
    row = list(result.results())[1].score
    assert row is not None
    assert "Try a smaller 'batch_size'" in row.reason


def test_a_model_that_the_device_does_not_hold_says_what_to_do(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"load": "out_of_memory"})
    result, _, stderr = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert "the device's memory does not hold the model. Try a smaller or quantised" in stderr


def test_a_lost_device_costs_its_worker_and_the_sample_is_edited_by_the_next(
    tmp_path: Path,
) -> None:
    edit = _edit(tmp_path, {"s1": "once:lose_device"})
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.OK
    (lost,) = recorder.of(WorkerLost)
    error = "RuntimeError: CUDA error: an illegal memory access was encountered"
    assert lost.reason == f"lost its device: {error}"
    assert lost.samples == ("s1",)
    assert f"editgauge worker: its device is lost: {error}" in lost.stderr
    debug = [event.text for event in recorder.of(LogEmitted) if event.level == "debug"]
    assert any("in _lose_device" in text for text in debug)


def test_a_sample_that_breaks_the_device_twice_is_set_aside(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "lose_device"})
    result, recorder, _ = run(run_config(tmp_path, edit=edit, reward=None))
    assert result.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.CRASHED: 1}
    assert len(recorder.of(WorkerLost)) == 2


def test_a_judge_that_loses_its_device_is_replaced(tmp_path: Path) -> None:
    reward = {"batch_size": 3, "misbehave": {"s1": "once:lose_device"}, "folder": str(tmp_path)}
    result, recorder, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 6}
    (lost,) = recorder.of(WorkerLost)
    assert lost.reason.startswith("lost its device: ")
    # The reply to the first had come before.
    assert lost.samples == ("s1", "s2")
