"""Workers that never answer: stopped, asleep, or in C code that keeps the interpreter's lock.

The time-outs are short, and long enough for a healthy worker on a busy machine. Nothing here
depends on how long anything takes.
"""

from pathlib import Path
from typing import Any

from editgauge.core.hooks.events import SampleRetried, WorkerLost
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from tests.support.runs import run, run_config

REQUEST_TIMEOUT = 2.0
START_TIMEOUT = 6.0
WAYS = ("hang", "stop", "hang_in_c")


def _edit(folder: Path, misbehave: dict[str, str], **settings: Any) -> dict[str, Any]:
    workers = {
        "devices": ["cpu"] * 3,
        "parallel_loads": 3,
        "request_timeout": REQUEST_TIMEOUT,
        **settings,
    }
    return {"misbehave": misbehave, "folder": str(folder), "workers": workers}


def test_editors_that_are_stuck_are_replaced_however_they_are_stuck(tmp_path: Path) -> None:
    misbehave = {f"s{number}": f"once:{how}" for number, how in enumerate(WAYS)}
    result, recorder, _ = run(run_config(tmp_path, edit=_edit(tmp_path, misbehave)))
    assert result.exit_code == ExitCode.OK
    assert result.edit_outcomes == {EditOutcome.OK: 6}
    lost = recorder.of(WorkerLost)
    assert {event.reason for event in lost} == {"gave no answer within 2 s"}
    assert {event.samples for event in lost} == {("s0",), ("s1",), ("s2",)}


def test_a_sample_at_which_two_editors_are_stuck_is_set_aside_as_timeout(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "hang_in_c"})
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.edit_outcomes == {EditOutcome.OK: 5, EditOutcome.TIMEOUT: 1}
    assert result.score_outcomes[ScoreOutcome.NOT_EDITED] == 1
    assert len(recorder.of(WorkerLost)) == 2
    row = list(result.results())[1].edit
    assert row is not None
    assert row.reason.startswith("2 workers were lost with this sample; the last one, edit-")
    assert row.reason.endswith(" gave no answer within 2 s")


def test_a_judge_that_never_answers_costs_its_sample_and_no_other(tmp_path: Path) -> None:
    workers = {"devices": ["cpu"], "request_timeout": REQUEST_TIMEOUT}
    reward = {"batch_size": 3, "misbehave": {"s1": "hang"}, "live": False, "workers": workers}
    result, recorder, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.TIMEOUT: 1}
    # Once in its batch, of which nothing was known, and twice alone.
    lost = [event.samples for event in recorder.of(WorkerLost)]
    assert lost == [("s0", "s1", "s2"), ("s1",), ("s1",)]


def test_workers_that_are_stuck_while_they_load_end_the_run(tmp_path: Path) -> None:
    how = " then ".join(f"once:{way}" for way in WAYS)
    edit = _edit(tmp_path, {"load": how}, start_timeout=START_TIMEOUT)
    result, recorder, stderr = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert [event.reason for event in recorder.of(WorkerLost)] == ["was not ready within 6 s"] * 3
    assert "no edit worker could be started: edit-" in stderr
    assert {path.stem for path in tmp_path.glob("*.done")} == set(WAYS)


def test_a_stuck_worker_whose_guard_is_stopped_is_replaced(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "once:stop_guard then once:hang"})
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.OK
    (lost,) = recorder.of(WorkerLost)
    assert lost.reason == "gave no answer within 2 s"


def test_a_worker_works_and_ends_while_its_guard_is_stopped(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "stop_guard", "s2": "stop_guard"}, request_timeout=60.0)
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.OK
    assert recorder.of(WorkerLost) == []


def test_a_worker_whose_guard_is_killed_is_replaced(tmp_path: Path) -> None:
    edit = _edit(tmp_path, {"s1": "once:kill_guard"}, request_timeout=60.0)
    result, recorder, _ = run(run_config(tmp_path, edit=edit))
    assert result.exit_code == ExitCode.OK
    (lost,) = recorder.of(WorkerLost)
    assert lost.reason.startswith("was ended with its guard process: killed by SIGKILL")
    assert [event.sample for event in recorder.of(SampleRetried)] == ["s1"]
