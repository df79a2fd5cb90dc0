"""How many workers a run may lose, how long it waits before the next, and who is charged for it."""

import signal
from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import SampleRetried, WorkerLost, WorkerStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, RunStatus, ScoreOutcome
from tests.core.run.test_interrupts import Running
from tests.support.processes import descendants, wait_until
from tests.support.runs import run, run_config


def _edit(folder: Path, misbehave: dict[str, str], **settings: Any) -> dict[str, Any]:
    workers = {"devices": ["cpu"], **settings}
    return {"misbehave": misbehave, "folder": str(folder), "workers": workers}


def test_a_worker_that_gets_work_done_between_its_deaths_is_always_replaced(tmp_path: Path) -> None:
    misbehave = {f"s{number}": "kill" for number in (0, 2, 4)}
    result, recorder, _ = run(
        run_config(tmp_path, edit=_edit(tmp_path, misbehave, max_restarts=2), max_lost_workers=6)
    )
    # Each of the three took it down twice and left the stage, as did those between them.
    assert result.edit_outcomes == {EditOutcome.OK: 3, EditOutcome.CRASHED: 3}
    assert len(recorder.of(WorkerLost)) == 6


def test_a_sample_that_is_set_aside_begins_a_new_row(tmp_path: Path) -> None:
    misbehave = {f"s{number}": "kill" for number in range(6)}
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, misbehave, max_restarts=2)))
    assert result.edit_outcomes == {EditOutcome.CRASHED: 6}
    assert result.status is RunStatus.FINISHED
    assert len(recorder.of(WorkerLost)) == 12


def test_a_worker_that_is_lost_too_often_in_a_row_is_given_up(tmp_path: Path) -> None:
    misbehave = {f"s{number}": "kill" for number in range(6)}
    result, recorder, stderr = run(
        run_config(tmp_path, edit=_edit(tmp_path, misbehave, max_restarts=1))
    )
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert result.status is RunStatus.FAILED
    assert [event.will_restart for event in recorder.of(WorkerLost)] == [True, False]
    assert len(recorder.of(WorkerStarted)) == 2
    # The sample that took it down twice has left all the same.
    assert result.edit_outcomes == {EditOutcome.CRASHED: 1}
    assert (
        "no edit worker is left: each was lost more often in a row than workers.max_restarts (1) "
        "allows; the last one, edit-0, killed by SIGKILL from outside" in stderr
    )
    assert "go on with: " in stderr


def test_the_others_go_on_when_one_worker_is_given_up(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s0": "once:kill"}, max_restarts=0, devices=["cpu", "cpu"])
    edit["workers"]["parallel_loads"] = 2
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.edit_outcomes == {EditOutcome.OK: 6}
    (lost,) = recorder.of(WorkerLost)
    assert not lost.will_restart
    assert lost.restart_in is None
    edits = [event for event in recorder.of(WorkerStarted) if event.stage == "edit"]
    assert len(edits) == 2


def test_the_last_sample_may_use_up_the_budget_of_its_worker(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s5": "kill"}, max_restarts=1)
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    # Nobody is left to edit, and nothing is left to edit: the others are judged.
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.status is RunStatus.FINISHED
    assert result.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.CRASHED: 1}
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.NOT_EDITED: 1}
    edits = [event for event in recorder.of(WorkerStarted) if event.stage == "edit"]
    assert len(edits) == 2


def test_a_run_that_loses_too_many_workers_ends_and_can_go_on(tmp_path: Path) -> None:
    misbehave = {f"s{number}": "kill" for number in range(6)}
    config = run_config(tmp_path, edit=_edit(tmp_path, misbehave), max_lost_workers=4)
    result, recorder, stderr = run(config)
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert result.status is RunStatus.FAILED
    assert "5 workers were lost, and max_lost_workers allows 4; the last one, edit-0, " in stderr
    lost = recorder.of(WorkerLost)
    assert [event.will_restart for event in lost] == [True] * 4 + [False]
    assert result.edit_outcomes == {EditOutcome.CRASHED: 2}
    # Counted anew: two more samples are set aside before it ends again.
    result, recorder, _ = run(config, resume="latest")
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert result.edit_outcomes == {EditOutcome.CRASHED: 4}


def test_all_stages_together_have_one_budget(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s0": "kill"})
    reward = {"type": "counting", "misbehave": {"s3": "kill"}, "batch_size": 1}
    # Two each.
    for allowed, code in ((3, ExitCode.WORKERS_LOST), (4, ExitCode.TOO_MANY_FAILURES)):
        folder = tmp_path / str(allowed)
        config = run_config(folder, edit=edit, reward=reward, max_lost_workers=allowed)
        result, recorder, _ = run(config)
        assert result.exit_code == code
        assert len(recorder.of(WorkerLost)) == 4


def test_a_worker_rests_longer_after_each_loss_in_a_row(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "kill", "s2": "kill"}, restart_pause=0.05)
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.edit_outcomes == {EditOutcome.OK: 4, EditOutcome.CRASHED: 2}
    assert [event.restart_in for event in recorder.of(WorkerLost)] == [0.05, 0.1, 0.05, 0.1]


def test_a_worker_that_dies_between_two_samples_is_held_against_neither(tmp_path: Path) -> None:
    misbehave = {f"s{number}": "kill_before_next" for number in range(6)}
    edit = _edit(tmp_path, misbehave, max_restarts=1)
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.OK
    assert result.edit_outcomes == {EditOutcome.OK: 6}
    # Each answered one sample and was lost with the next in hand, before it had begun with it.
    lost = [f"s{number}" for number in range(1, 6)]
    assert [event.samples for event in recorder.of(WorkerLost)] == [(name,) for name in lost]
    assert [event.sample for event in recorder.of(SampleRetried)] == lost


def test_a_run_whose_only_worker_rests_can_be_interrupted(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "kill"}, restart_pause=60)
    started = Running(tmp_path, edit=edit)
    try:
        started.wait_for_rows(1)
        # Its guard has gone with it: nobody works, and somebody has to wait.
        assert wait_until(lambda: not descendants(started.process.pid), 60)
        started.process.send_signal(signal.SIGINT)
        _, stderr = started.process.communicate(timeout=30)
    finally:
        started.process.kill()
        started.process.communicate()
    assert started.process.returncode == ExitCode.INTERRUPTED
    assert "interrupted by SIGINT" in stderr


def test_a_model_that_nobody_can_load_ends_the_run_without_pauses(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"load": "raise"}, devices=["cpu", "cpu"], restart_pause=60)
    result, recorder, stderr = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert "no edit worker could be started: edit-" in stderr
    assert [event.restart_in for event in recorder.of(WorkerLost)] == [None, None]
