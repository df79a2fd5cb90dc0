"""Every kind of fault in every phase, through real workers, and what editgauge makes of it."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import LogEmitted, SampleRetried, WorkerLost
from editgauge.core.outcomes import EditOutcome, ExitCode, RunStatus, ScoreOutcome
from editgauge.core.run.result import RunResult
from tests.support.runs import Recorder, make_dataset, run, run_config

SLOW = 60.0
"""Seconds that no worker of these tests needs, however busy the machine is."""


def _config(
    folder: Path,
    *,
    edit: list[dict[str, Any]] | None = None,
    reward: list[dict[str, Any]] | None = None,
    batch_size: int = 1,
    samples: int = 3,
    **workers: Any,
) -> dict[str, Any]:
    make_dataset(folder / "data", samples)
    config = run_config(folder)
    settings = {
        "devices": ["cpu"],
        "max_restarts": 50,
        "restart_pause": 0.0,
        "request_timeout": SLOW,
        **workers,
    }
    config["edit"] = {"type": "faults", "faults": edit or [], "workers": settings}
    config["reward"] = None
    if reward is not None:
        config["reward"] = {
            "type": "faults",
            "faults": reward,
            "batch_size": batch_size,
            "workers": settings,
        }
    return config


def _losses(recorder: Recorder) -> dict[str, list[str]]:
    """Return why workers were lost, by the sample that they had in hand."""
    found: dict[str, list[str]] = {}
    for lost in recorder.of(WorkerLost):
        found.setdefault(" ".join(lost.samples), []).append(lost.reason)
    return found


def _contents(result: RunResult) -> list[tuple[Any, ...]]:
    """Return all that must not depend on faults: pictures, scores and keys, in row order."""
    return [
        (
            item.id,
            item.edit and item.edit.key,
            item.score and item.score.key,
            item.edit and item.edit.outcome,
            item.edit
            and item.edit.image
            and hashlib.sha256((result.run_dir / item.edit.image).read_bytes()).hexdigest(),
            item.score and (item.score.outcome, item.score.score, item.score.reply),
        )
        for item in result.results()
    ]


ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "exit": ({"do": "exit", "code": 7}, "exited with code 7"),
    "kill": ({"do": "kill"}, "killed by SIGKILL"),
    "term": ({"do": "kill", "signal": "SIGTERM"}, "killed by SIGTERM"),
    "segv": ({"do": "kill", "signal": "SIGSEGV"}, "killed by SIGSEGV"),
    "pipe": ({"do": "kill", "signal": "SIGPIPE"}, "killed by SIGPIPE"),
    "garbage": ({"do": "break_protocol"}, "broke the protocol: a frame of 1,2"),
    "huge": ({"do": "break_protocol", "breach": "huge_length"}, "a frame of 4,294,967,295 bytes"),
    "half": ({"do": "break_protocol", "breach": "half_frame"}, "exited with code 0"),
    "json": ({"do": "break_protocol", "breach": "not_json"}, "{'kind': nan}"),
    "kind": ({"do": "break_protocol", "breach": "wrong_kind"}, "'unheard-of'"),
}
"""Faults that end a worker at once, and the words in which people are told."""


def _one_each(phase: str) -> list[dict[str, Any]]:
    return [
        {**fault, "phase": phase, "sample": f"s{number}"}
        for number, (fault, _) in enumerate(ENDS.values())
    ]


def test_a_sample_whose_worker_ends_in_an_edit_is_edited_by_another(tmp_path: Path) -> None:
    config = _config(tmp_path, edit=_one_each("edit"), samples=len(ENDS))
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    losses = _losses(recorder)
    for number, (_, words) in enumerate(ENDS.values()):
        (reason,) = losses[f"s{number}"]
        assert words in reason
    assert [item.edit and item.edit.attempt for item in result.results()] == [2] * len(ENDS)
    undisturbed, _, _ = run(_config(tmp_path / "undisturbed", samples=len(ENDS)))
    assert _contents(result) == _contents(undisturbed)


def test_a_sample_whose_worker_ends_in_a_judgement_is_judged_by_another(tmp_path: Path) -> None:
    config = _config(tmp_path, reward=_one_each("score"), samples=len(ENDS))
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    losses = _losses(recorder)
    for number, (_, words) in enumerate(ENDS.values()):
        (reason,) = losses[f"s{number}"]
        assert words in reason
    undisturbed, _, _ = run(_config(tmp_path / "undisturbed", reward=[], samples=len(ENDS)))
    assert _contents(result) == _contents(undisturbed)


@pytest.mark.parametrize("end", ["exit", "segv", "garbage", "half", "kind"])
def test_a_worker_that_ends_while_it_loads_ends_the_run_and_a_resume_goes_on(
    tmp_path: Path, end: str
) -> None:
    fault, words = ENDS[end]
    config = _config(tmp_path, edit=[fault | {"phase": "load"}], samples=1)
    first, _, stderr = run(config)
    assert first.exit_code == ExitCode.WORKERS_LOST
    assert first.status is RunStatus.FAILED
    assert words in stderr
    resumed, recorder, _ = run(config, resume="latest")
    assert resumed.exit_code == 0
    assert resumed.run_dir == first.run_dir
    assert not recorder.of(WorkerLost)


def test_errors_fail_their_sample_and_no_worker(tmp_path: Path) -> None:
    edit = [{"do": "raise", "sample": "s0", "message": "told to"}, {"do": "raise", "sample": "s1"}]
    reward = [{"do": "raise", "sample": "s2", "times": None}]
    config = _config(tmp_path, edit=edit, reward=reward, batch_size=2)
    result, recorder, _ = run(config)
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.edit_outcomes == {EditOutcome.FAILED: 2, EditOutcome.OK: 1}
    assert result.score_outcomes == {ScoreOutcome.NOT_EDITED: 2, ScoreOutcome.FAILED: 1}
    reasons = [item.edit and item.edit.reason for item in result.results()]
    assert reasons[:2] == [
        "FaultError: told to",
        "FaultError: raised on purpose by fault 2 of the configuration (raise)",
    ]
    assert not recorder.of(WorkerLost)
    # The faults have had their times, and the judge's has no end.
    again, _, _ = run(config, resume="latest", retry_failed=True)
    assert again.edit_outcomes == {EditOutcome.OK: 3}
    assert again.score_outcomes == {ScoreOutcome.OK: 2, ScoreOutcome.FAILED: 1}


def test_a_batch_in_which_a_judge_raises_is_judged_one_by_one(tmp_path: Path) -> None:
    config = _config(tmp_path, reward=[{"do": "raise", "sample": "s1"}], batch_size=3)
    result, recorder, _ = run(config)
    assert result.score_outcomes == {ScoreOutcome.OK: 3}
    assert not recorder.of(WorkerLost)
    # The reply that came before the error stands.
    assert [event.sample for event in recorder.of(SampleRetried)] == ["s1", "s2"]


def test_a_load_that_raises_is_told_and_a_resume_goes_on(tmp_path: Path) -> None:
    config = _config(tmp_path, edit=[{"do": "raise", "phase": "load"}], samples=1)
    first, _, stderr = run(config)
    assert first.exit_code == ExitCode.WORKERS_LOST
    assert "could not load its model: FaultError: raised on purpose" in stderr
    resumed, _, _ = run(config, resume="latest")
    assert resumed.exit_code == 0


def test_a_fault_in_one_worker_leaves_the_others_at_work(tmp_path: Path) -> None:
    fault = {"do": "kill", "phase": "load", "worker": "edit-1", "times": None}
    config = _config(tmp_path, edit=[fault], devices=["cpu", "cpu"], parallel_loads=2)
    result, _, _ = run(config)
    assert result.exit_code == 0
    assert {item.edit and item.edit.worker for item in result.results()} == {"edit-0"}


HANGS: tuple[dict[str, Any], ...] = (
    {"do": "hang"},
    {"do": "hang_in_c", "at_step": 2},
    {"do": "stop", "at_step": 9},
)


def test_a_worker_that_does_not_answer_is_replaced(tmp_path: Path) -> None:
    edit = [fault | {"sample": f"s{number}"} for number, fault in enumerate(HANGS)]
    config = _config(
        tmp_path, edit=edit, devices=["cpu"] * 3, parallel_loads=3, request_timeout=3.0
    )
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    losses = _losses(recorder)
    for number in range(3):
        assert losses[f"s{number}"][0] == "gave no answer within 3 s"
    undisturbed, _, _ = run(_config(tmp_path / "undisturbed"))
    assert _contents(result) == _contents(undisturbed)


def test_a_judge_that_never_answers_makes_its_sample_time_out(tmp_path: Path) -> None:
    reward = [{"do": "hang_in_c", "sample": "s1", "times": 2}]
    config = _config(tmp_path, reward=reward, samples=2, request_timeout=2.0)
    result, _, _ = run(config)
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.score_outcomes == {ScoreOutcome.OK: 1, ScoreOutcome.TIMEOUT: 1}


@pytest.mark.parametrize("do", ["hang_in_c", "stop"])
def test_a_worker_that_hangs_while_it_loads_is_given_up(tmp_path: Path, do: str) -> None:
    fault = {"do": do, "phase": "load"}
    config = _config(tmp_path, edit=[fault], samples=1, start_timeout=2.0)
    result, _, stderr = run(config)
    assert result.exit_code == ExitCode.WORKERS_LOST
    assert "was not ready within 2 s" in stderr


def test_a_hang_that_ends_in_time_is_only_slow(tmp_path: Path) -> None:
    edit = [
        {"do": "hang", "seconds": 0.05, "sample": "s0"},
        {"do": "hang_in_c", "seconds": 0.05, "sample": "s1"},
        {"do": "hang", "seconds": 0.05, "phase": "load"},
    ]
    result, recorder, _ = run(_config(tmp_path, edit=edit))
    assert result.exit_code == 0
    assert not recorder.of(WorkerLost)
    assert len((result.run_dir / "faults.jsonl").read_text().splitlines()) == 3


def test_garbage_on_stdout_and_stderr_harms_nothing_and_is_kept_in_the_log(tmp_path: Path) -> None:
    garbage = {"do": "print", "megabytes": 0.3}
    edit = [
        garbage | {"phase": "load"},
        garbage | {"sample": "s1", "at_step": 1},
        garbage | {"phase": "shutdown"},
    ]
    result, recorder, stderr = run(_config(tmp_path, edit=edit, reward=[garbage]))
    assert result.exit_code == 0
    assert not recorder.of(WorkerLost)
    log = (result.run_dir / "logs" / "edit-0.log").read_bytes()
    assert log.count(b"written by C") == log.count(b"written by a grandchild") == 3
    assert log.count(b"x" * 999) == 3 * 300
    texts = [event.text for event in recorder.of(LogEmitted)]
    assert any("written by C" in text for text in texts)
    # stderr of the run itself: nothing of it without a reporter.
    assert stderr == ""
    undisturbed, _, _ = run(_config(tmp_path / "undisturbed", reward=[]))
    assert _contents(result) == _contents(undisturbed)


SHUTDOWNS: list[dict[str, Any]] = [
    {"do": "raise"},
    {"do": "kill"},
    {"do": "break_protocol", "breach": "half_frame"},
]


@pytest.mark.parametrize("fault", SHUTDOWNS, ids=lambda fault: fault.get("breach", fault["do"]))
def test_what_happens_at_shutdown_changes_no_result(tmp_path: Path, fault: dict[str, Any]) -> None:
    faults = [fault | {"phase": "shutdown"}]
    result, recorder, _ = run(_config(tmp_path, edit=faults, reward=faults))
    assert result.exit_code == 0
    assert result.status is RunStatus.FINISHED
    assert not recorder.of(WorkerLost)
    happened = (result.run_dir / "faults.jsonl").read_text().splitlines()
    assert [json.loads(line)["worker"] for line in happened] == ["edit-0", "score-0"]
    log = (result.run_dir / "logs" / "edit-0.log").read_text()
    assert ("raised on purpose" in log) == (fault["do"] == "raise")


@pytest.mark.parametrize("do", ["hang_in_c", "stop"])
def test_a_worker_that_hangs_at_shutdown_is_killed(
    tmp_path: Path, do: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("editgauge.core.workers.pool.ASK_SECONDS", 0.2)
    monkeypatch.setattr("editgauge.core.workers.pool.TERMINATE_SECONDS", 0.2)
    # The first stage, so that the run goes on after it.
    config = _config(tmp_path, edit=[{"do": do, "phase": "shutdown"}], reward=[])
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    assert result.score_outcomes == {ScoreOutcome.OK: 3}
    assert not recorder.of(WorkerLost)
    assert (result.run_dir / "faults.jsonl").exists()


def test_a_fault_without_end_sets_its_sample_aside_and_no_other(tmp_path: Path) -> None:
    config = _config(tmp_path, edit=[{"do": "kill", "sample": "s1", "times": None}], reward=[])
    result, recorder, _ = run(config)
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.edit_outcomes == {EditOutcome.OK: 2, EditOutcome.CRASHED: 1}
    assert result.score_outcomes == {ScoreOutcome.OK: 2, ScoreOutcome.NOT_EDITED: 1}
    assert len(_losses(recorder)["s1"]) == 2


def test_times_count_over_replaced_workers_and_over_a_resume(tmp_path: Path) -> None:
    # Three times: the sample is set aside after two, and the third waits for its next chance.
    config = _config(tmp_path, edit=[{"do": "kill", "sample": "s1", "times": 3}])
    first, _, _ = run(config)
    assert first.edit_outcomes[EditOutcome.CRASHED] == 1
    second, recorder, _ = run(config, resume="latest", retry_failed=True)
    assert second.exit_code == 0
    assert len(recorder.of(WorkerLost)) == 1
    assert len((second.run_dir / "faults.jsonl").read_text().splitlines()) == 3
    undisturbed, _, _ = run(_config(tmp_path / "undisturbed"))
    assert _contents(second) == _contents(undisturbed)


def test_a_rehearsal_goes_on_without_its_faults_and_keeps_what_is_done(tmp_path: Path) -> None:
    edit = [{"do": "raise", "phase": "load", "times": None}]
    reward = [{"do": "kill", "sample": "s1", "times": None}]
    config = _config(tmp_path, reward=reward)
    first, _, _ = run(config)
    assert first.score_outcomes == {ScoreOutcome.OK: 2, ScoreOutcome.CRASHED: 1}
    config = _config(tmp_path, edit=edit, reward=[])
    second, _, _ = run(config, resume="latest", retry_failed=True)
    # Nothing was edited again, or the load would have failed.
    assert second.exit_code == 0
    assert second.score_outcomes == {ScoreOutcome.OK: 3}


@pytest.mark.models
def test_errors_of_a_gpu_are_those_of_torch(tmp_path: Path) -> None:
    edit = [
        {"do": "out_of_memory", "sample": "s1"},
        {"do": "illegal_memory_access", "sample": "s2"},
    ]
    result, recorder, _ = run(_config(tmp_path, edit=edit))
    # Without memory the sample fails; a GPU that is broken costs its worker.
    assert result.edit_outcomes == {EditOutcome.OK: 2, EditOutcome.FAILED: 1}
    edit_of_s1 = list(result.results())[1].edit
    assert edit_of_s1 is not None
    assert "OutOfMemoryError: CUDA out of memory." in edit_of_s1.reason
    (lost,) = recorder.of(WorkerLost)
    assert lost.samples == ("s2",)
    assert "illegal memory access" in lost.reason
