"""A start that is refused leaves an earlier run as it was, and says with which option to go on."""

import errno
import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import LogEmitted, PhaseFinished, SampleStarted, StageStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from editgauge.core.run import store as store_module
from editgauge.core.run.store import RunDirectoryError, RunStore, WriteError
from tests.support.runs import Recorder, run, run_config


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a run and when it was written, apart from logs."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "logs"
    }


def done_again(recorder: Recorder) -> list[tuple[str, str]]:
    return sorted((event.stage, event.sample) for event in recorder.of(SampleStarted))


def tear(folder: Path) -> None:
    """Leave what a killed process leaves: a row that is not whole, and a half-written file."""
    with (folder / "results.jsonl").open("ab") as file:
        file.write(b'{"stage": "edit", "id"')
    (folder / "images" / ".x.png.1.tmp").write_bytes(b"half")


@pytest.mark.parametrize("status", [True, False], ids=["with status.json", "without"])
def test_a_start_that_rows_refuse_changes_no_file(tmp_path: Path, *, status: bool) -> None:
    fingerprint = tmp_path / "fingerprint"
    fingerprint.write_text("first")
    config = run_config(tmp_path, edit={"fingerprint_file": str(fingerprint)})
    first, _, _ = run(config)
    tear(first.run_dir)
    if not status:
        (first.run_dir / "status.json").unlink()
    before = files(first.run_dir)
    fingerprint.write_text("second")
    refused, recorder, _ = run(config, resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert files(first.run_dir) == before
    assert not [event for event in recorder.of(LogEmitted) if "torn" in event.text]
    fingerprint.write_text("first")
    again, recorder, _ = run(config, resume="latest")
    assert again.exit_code == ExitCode.OK
    assert [event for event in recorder.of(LogEmitted) if "torn" in event.text]
    assert "images/.x.png.1.tmp" not in files(first.run_dir)


def test_a_start_that_the_configuration_refuses_changes_no_file(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    tear(first.run_dir)
    before = files(first.run_dir)
    with pytest.raises(RunDirectoryError):
        run(run_config(tmp_path, edit={"steps": 2}), resume="latest")
    assert files(first.run_dir) == before


def test_a_start_beside_another_process_changes_no_file(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    tear(first.run_dir)
    before = files(first.run_dir)
    descriptor = os.open(first.run_dir / "results.jsonl", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(RunDirectoryError, match="another editgauge process"):
            run(run_config(tmp_path), resume="latest")
    finally:
        os.close(descriptor)
    assert files(first.run_dir) == before


def test_a_start_whose_environment_cannot_be_used_changes_no_file_of_a_run_without_rows(
    tmp_path: Path,
) -> None:
    no_model = run_config(
        tmp_path, edit={"misbehave": {"load": "raise"}, "folder": str(tmp_path), "steps": 2}
    )
    first, _, _ = run(no_model)
    assert first.exit_code == ExitCode.WORKERS_LOST
    tear(first.run_dir)
    before = files(first.run_dir)
    broken = run_config(tmp_path, edit={"misbehave": {"check": "raise"}, "folder": str(tmp_path)})
    refused, _, _ = run(broken, resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert files(first.run_dir) == before
    again, _, _ = run(run_config(tmp_path), resume="latest")
    assert again.exit_code == ExitCode.OK
    assert len((first.run_dir / "results.jsonl").read_text("utf-8").splitlines()) == 12


def test_rows_that_cannot_be_moved_leave_no_empty_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = RunStore.create(tmp_path, "x")
    store.close()
    (store.folder / "run.json").write_text("{}")
    (store.folder / "results.jsonl").write_text("a\nb\n")
    again = RunStore.reopen(store.folder)

    def full(_descriptor: int, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module, "write_all", full)
    with pytest.raises(WriteError):
        again.supersede([0, 1])
    assert not (store.folder / "superseded.jsonl").exists()
    (store.folder / "superseded.jsonl").write_text("")
    with pytest.raises(WriteError):
        again.supersede([0, 1])
    assert (store.folder / "superseded.jsonl").read_text() == ""
    again.close()


def _judge(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    (tmp_path / "judge").mkdir(exist_ok=True)
    return run_config(tmp_path, reward={"folder": str(tmp_path / "judge"), **changes})


def test_another_judge_for_failed_scores_needs_only_retry_failed(tmp_path: Path) -> None:
    fails = {f"s{number}": "raise" for number in range(6)}
    first, _, _ = run(_judge(tmp_path, misbehave=fails))
    assert first.score_outcomes == {ScoreOutcome.FAILED: 6}
    other = _judge(tmp_path, reply="Score: 3")
    with pytest.raises(RunDirectoryError, match=r"reward\.reply") as refused:
        run(other, resume="latest")
    assert "Only failed results depend on it: add `--retry-failed`" in str(refused.value)
    with pytest.raises(RunDirectoryError, match=r"--resume .* --retry-failed\."):
        run(other, run_dir=first.run_dir)
    again, recorder, _ = run(other, resume="latest", retry_failed=True)
    assert again.exit_code == ExitCode.OK
    assert {stage for stage, _ in done_again(recorder)} == {"score"}
    assert [item.score and item.score.score for item in again.results()] == [3.0] * 6


def test_another_judge_is_refused_with_retry_failed_if_good_scores_depend_on_the_former(
    tmp_path: Path,
) -> None:
    first, _, _ = run(_judge(tmp_path, batch_size=1, misbehave={"s1": "raise"}))
    assert first.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.FAILED: 1}
    before = files(first.run_dir)
    other = _judge(tmp_path, batch_size=1, reply="Score: 3")
    with pytest.raises(RunDirectoryError) as refused:
        run(other, resume="latest", retry_failed=True)
    assert "`--retry-failed` does failed results again, not these. Add `--redo scores`" in str(
        refused.value
    )
    assert files(first.run_dir) == before
    again, recorder, _ = run(other, resume="latest", retry_failed=True, redo="scores")
    assert again.exit_code == ExitCode.OK
    assert len(done_again(recorder)) == 6


def test_another_editor_for_failed_edits_needs_only_retry_failed(tmp_path: Path) -> None:
    fails = {f"s{number}": "raise" for number in range(6)}
    first, _, _ = run(run_config(tmp_path, edit={"misbehave": fails}))
    assert first.edit_outcomes == {EditOutcome.FAILED: 6}
    other = run_config(tmp_path, edit={"steps": 2})
    with pytest.raises(RunDirectoryError, match="add `--retry-failed`"):
        run(other, resume="latest")
    again, _, _ = run(other, resume="latest", retry_failed=True)
    assert again.exit_code == ExitCode.OK


def test_another_judge_may_be_taken_where_none_was_asked(tmp_path: Path) -> None:
    fails = {f"s{number}": "raise" for number in range(6)}
    first, _, _ = run(run_config(tmp_path, edit={"misbehave": fails}))
    assert first.score_outcomes == {ScoreOutcome.NOT_EDITED: 6}
    other = run_config(tmp_path, edit={"misbehave": fails}, reward={"reply": "Score: 3"})
    again, recorder, _ = run(other, resume="latest")
    assert (again.exit_code, done_again(recorder)) == (ExitCode.TOO_MANY_FAILURES, [])


def test_the_end_of_the_review_says_how_many_rows_are_kept_and_how_many_are_to_do(
    tmp_path: Path,
) -> None:
    first, _, _ = run(run_config(tmp_path, edit={"misbehave": {"s1": "raise"}}))
    path = first.run_dir / "results.jsonl"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    missing = next(number for number, line in enumerate(lines) if '"id": "s4"' in line)
    del lines[missing]
    path.write_text("".join(line for line in lines if '"id": "s4"' not in line), "utf-8")
    _, recorder, _ = run(run_config(tmp_path), resume="latest", retry_failed=True)
    (text,) = (event.text for event in recorder.of(PhaseFinished) if event.phase == "review")
    assert text == "8 rows kept, 4 to do, 2 moved to superseded.jsonl"


@pytest.mark.parametrize("with_failure", [False, True], ids=["all good", "one failed"])
def test_a_finished_run_that_is_resumed_by_accident_stays_as_it_is(
    tmp_path: Path, *, with_failure: bool
) -> None:
    config = run_config(
        tmp_path,
        edit={"misbehave": {"s1": "raise"}} if with_failure else {},
        reporters={"html": {}, "junit": {"path": "{run_dir}/junit.xml"}},
    )
    first, _, _ = run(config)
    before = files(first.run_dir)
    assert {"report/index.html", "junit.xml", "run.json", "status.json"} <= before.keys()
    again, recorder, _ = run(config, resume="latest")
    assert again.exit_code == first.exit_code == (100 if with_failure else 0)
    assert again.samples == first.samples
    assert (again.figures, again.edit_outcomes) == (first.figures, first.edit_outcomes)
    assert ("retry_failed=True" in again.advice) == with_failure
    assert files(first.run_dir) == before
    assert not recorder.of(StageStarted)
    texts = [event.text for event in recorder.of(LogEmitted)]
    assert f"nothing to do: all {first.samples} samples have left every stage" in texts


def test_a_run_that_was_killed_behind_its_last_row_is_finished_by_a_resume(tmp_path: Path) -> None:
    config = run_config(tmp_path)
    first, _, _ = run(config)
    manifest = json.loads((first.run_dir / "run.json").read_text("utf-8"))
    del manifest["summary"], manifest["finished"]
    (first.run_dir / "run.json").write_text(json.dumps(manifest | {"status": "running"}), "utf-8")
    again, _, _ = run(config, resume="latest")
    assert again.exit_code == 0
    manifest = json.loads((first.run_dir / "run.json").read_text("utf-8"))
    assert (manifest["status"], manifest["summary"]["exit_code"]) == ("finished", 0)
