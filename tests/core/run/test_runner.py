"""Whole runs with real worker processes and models that sleep and count."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import (
    BatchFinished,
    BatchStarted,
    Event,
    LogEmitted,
    ReporterFailed,
    RunFinished,
    RunStarted,
    SampleFinished,
    SampleStarted,
    StageFinished,
    StageStarted,
    StepFinished,
    WorkerStarted,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.outcomes import EditOutcome, ExitCode, RunStatus, ScoreOutcome
from editgauge.core.run.ending import Ending, advice
from editgauge.core.run.manifest import public_argv
from editgauge.core.run.result import RunResult
from editgauge.core.run.store import RunDirectoryError, RunStore
from editgauge.core.workers.redaction import Redactor
from tests.support.runs import Recorder, make_dataset, run, run_config


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, Recorder]:
    folder = tmp_path_factory.mktemp("run")
    make_dataset(folder / "data", 6, categories=("red", "blue"))
    result, recorder, stderr = run(run_config(folder))
    assert stderr == ""
    return result, recorder


def test_a_run_edits_and_scores_every_sample(finished: tuple[RunResult, Recorder]) -> None:
    result, _ = finished
    assert (result.status, result.exit_code, result.reason) == (RunStatus.FINISHED, 0, "")
    assert result.edit_outcomes == {EditOutcome.OK: 6}
    assert result.score_outcomes == {ScoreOutcome.OK: 6}
    # The judge counts the red of each picture, which is the seed: 42 + row.
    scores = [float((42 + row) % 11) for row in range(6)]
    assert [item.score and item.score.score for item in result.results()] == scores
    assert result.figures is not None
    assert result.figures.mean == pytest.approx(sum(scores) / 6)
    assert [entry.category for entry in result.categories] == ["red", "blue"]


def test_the_run_directory_holds_everything(finished: tuple[RunResult, Recorder]) -> None:
    folder = finished[0].run_dir
    rows = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    assert sorted((row["stage"], row["index"]) for row in rows) == [
        (stage, row) for stage in ("edit", "score") for row in range(6)
    ]
    assert {row["image"] for row in rows if row["stage"] == "edit"} == {
        path.relative_to(folder).as_posix() for path in (folder / "images").iterdir()
    }
    assert [row["seed"] - row["index"] for row in rows if row["stage"] == "edit"] == [42] * 6
    manifest = json.loads((folder / "run.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["summary"]["exit_code"] == 0
    assert manifest["summary"]["figures"]["scored"] == 6
    assert [worker["threads"] for worker in manifest["workers"]] == [1, 1, 1]
    assert manifest["workers"][0]["model"]["threads"] == "1"
    assert manifest["config"]["edit"]["steps"] == 4
    assert (folder.parent / "latest").resolve() == folder
    assert (folder / "logs" / "edit-0.log").exists()


def test_events_tell_the_whole_story_in_order(finished: tuple[RunResult, Recorder]) -> None:
    _, recorder = finished
    events = recorder.events
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert len(recorder.of(StepFinished)) == 6 * 4
    assert {event.worker for event in recorder.of(StepFinished)} <= {"edit-0", "edit-1"}
    assert len(recorder.of(SampleStarted)) == len(recorder.of(SampleFinished)) == 12
    assert [event.stage for event in recorder.of(StageStarted)] == ["edit", "score"]
    assert [event.samples for event in recorder.of(StageFinished)] == [6, 6]
    edits = [event for event in recorder.of(SampleFinished) if event.stage == "edit"]
    assert [event.done for event in edits] == [1, 2, 3, 4, 5, 6]
    assert {event.of for event in edits} == {6}


def test_batches_of_the_judge_are_cut_in_row_order(finished: tuple[RunResult, Recorder]) -> None:
    _, recorder = finished
    started = [event for event in recorder.of(BatchStarted) if event.stage == "score"]
    assert [event.samples for event in started] == [("s0", "s1"), ("s2", "s3"), ("s4", "s5")]
    ended = [event for event in recorder.of(BatchFinished) if event.stage == "score"]
    assert [(event.number, event.of, event.scored) for event in ended] == [
        (1, 3, 2),
        (2, 3, 2),
        (3, 3, 2),
    ]
    assert ended[0].mean == pytest.approx((42 % 11 + 43 % 11) / 2)


def test_a_model_is_loaded_once_per_worker(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", 10, categories=("a", "b", "c", "d", "e"))
    # Slow enough for both edit workers to have loaded before the stage ends.
    _, recorder, _ = run(run_config(tmp_path, edit={"step_seconds": 0.05}))
    assert [event.start for event in recorder.of(WorkerStarted)] == [1, 1, 1]
    loads = list(tmp_path.glob("load-*"))
    assert len(loads) == 2


def test_results_do_not_depend_on_the_number_of_workers(
    finished: tuple[RunResult, Recorder], tmp_path: Path
) -> None:
    make_dataset(tmp_path / "data", 6, categories=("red", "blue"))
    one, _, _ = run(run_config(tmp_path, edit={"workers": {"devices": ["cpu"]}}))
    for path in (one.run_dir / "images").iterdir():
        assert path.read_bytes() == (finished[0].run_dir / "images" / path.name).read_bytes()


def test_a_selected_category_keeps_its_seeds(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data", 6, categories=("a", "b"))
    dataset = {"type": "jsonl", "path": str(data), "categories": ["b"]}
    result, _, _ = run(run_config(tmp_path, dataset=dataset, reward=None))
    assert [item.edit and item.edit.seed for item in result.results()] == [43, 45, 47]
    assert result.score_outcomes == {}
    assert result.figures is None


def test_replies_become_results_as_they_come(tmp_path: Path) -> None:
    # The third judgement kills the judge; the two that were told before are safe.
    reward = {"type": "counting", "batch_size": 4, "folder": str(tmp_path)}
    reward["misbehave"] = {"s2": "once:kill"}
    result, _, _ = run(run_config(tmp_path, reward=reward))
    assert result.exit_code == 0
    scored = [item.score for item in result.results()]
    assert [score.attempt for score in scored if score] == [1, 1, 2, 2, 1, 1]
    batches = (tmp_path / "batches.txt").read_text().splitlines()
    assert batches == ["s0 s1 s2 s3", "s2", "s3", "s4 s5"]


def test_replies_that_were_only_returned_count_too(tmp_path: Path) -> None:
    reward = {"type": "counting", "batch_size": 4, "live": False}
    result, _, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 6}


def test_an_unreadable_judge_gives_no_number(tmp_path: Path) -> None:
    reward = {"type": "counting", "reply": "I would rather not say."}
    result, recorder, stderr = run(run_config(tmp_path, reward=reward))
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.score_outcomes == {ScoreOutcome.UNPARSED: 6}
    assert result.figures is not None
    assert (result.figures.samples, result.figures.scored, result.figures.mean) == (6, 0, None)
    assert {event.score for event in recorder.of(SampleFinished)} == {None}
    assert all(
        item.score and item.score.score is None and item.score.reply == "I would rather not say."
        for item in result.results()
    )
    assert "6 samples without a good result" in stderr


def test_a_score_out_of_range_is_no_score(tmp_path: Path) -> None:
    reward = {"type": "counting", "replies": {"s1": "Score: 11"}}
    result, _, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.OUT_OF_RANGE: 1}
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES


def test_failures_within_the_limit_are_accepted(tmp_path: Path) -> None:
    reward = {"type": "counting", "replies": {"s1": "Score: 11"}}
    result, _, _ = run(run_config(tmp_path, reward=reward, max_failures=1))
    assert result.exit_code == 0


def test_a_failed_edit_is_not_scored(tmp_path: Path) -> None:
    result, recorder, _ = run(run_config(tmp_path, edit={"misbehave": {"s3": "raise"}}))
    failed = list(result.results())[3]
    assert failed.edit is not None
    assert failed.score is not None
    assert failed.edit.outcome is EditOutcome.FAILED
    assert failed.edit.reason == "RuntimeError: told to raise"
    assert failed.edit.image is None
    assert failed.score.outcome is ScoreOutcome.NOT_EDITED
    assert failed.score.score is None
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert result.figures is not None
    assert (result.figures.samples, result.figures.scored) == (6, 5)
    assert "1 sample without" in result.reason
    assert not recorder.of(ReporterFailed)


def test_a_judge_that_raises_fails_only_the_sample_that_it_raised_for(tmp_path: Path) -> None:
    reward = {"type": "counting", "batch_size": 3, "misbehave": {"s1": "raise"}, "live": False}
    result, _, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.FAILED: 1}


class Raising:
    @hookimpl
    def run_event(self, event: Event) -> None:
        raise RuntimeError(f"no run events, please: {event.run_id!r}")

    @hookimpl
    def batch_event(self) -> None:
        raise RuntimeError("no batch events, please")

    @hookimpl
    def sample_event(self) -> None:
        raise RuntimeError("no sample events, please")

    @hookimpl
    def step_event(self) -> None:
        raise RuntimeError("no step events, please")


def test_a_reporter_that_raises_changes_nothing_and_is_named_at_the_end(tmp_path: Path) -> None:
    result, recorder, stderr = run(run_config(tmp_path), reporters=[Raising()])
    assert result.exit_code == 0
    assert result.score_outcomes == {ScoreOutcome.OK: 6}
    (failure,) = recorder.of(ReporterFailed)
    assert failure.hook == "run_event"
    assert "reporter 'reporter-1' failed in run_event and was muted: RuntimeError: no run" in stderr


def test_a_dataset_of_which_nothing_is_selected_ends_with_4(tmp_path: Path) -> None:
    data = tmp_path / "data"
    make_dataset(data, 0)
    result, _, stderr = run(run_config(tmp_path))
    assert result.exit_code == ExitCode.NOTHING_SELECTED
    assert "no sample" in stderr


def test_a_bad_dataset_ends_with_2_before_any_worker(tmp_path: Path) -> None:
    path = make_dataset(tmp_path / "data", 3)
    path.write_text(path.read_text().replace('"s1"', '"s0"'))
    result, recorder, stderr = run(run_config(tmp_path))
    assert result.exit_code == ExitCode.USAGE
    assert "comes twice" in stderr
    assert not recorder.of(WorkerStarted)


def test_skipped_rows_are_counted_and_listed(tmp_path: Path) -> None:
    path = make_dataset(tmp_path / "data", 3)
    path.write_text(path.read_text() + '{"id": "bad", "image": "missing.png"}\n')
    dataset = {"type": "jsonl", "path": str(path), "on_bad_row": "skip"}
    result, recorder, _ = run(run_config(tmp_path, dataset=dataset))
    assert result.samples == 3
    (end,) = recorder.of(RunFinished)
    assert end.skipped_rows == 1
    assert any("bad row skipped" in event.text for event in recorder.of(LogEmitted))


def test_resume_does_only_what_is_missing(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    results = first.run_dir / "results.jsonl"
    complete = sorted(results.read_text().splitlines())
    lines = results.read_text().splitlines(keepends=True)
    results.write_text("".join(lines[:8]) + lines[8][:-10])
    again, recorder, _ = run(run_config(tmp_path), resume="latest")
    assert again.exit_code == 0
    assert again.figures == first.figures
    assert not [event for event in recorder.of(SampleStarted) if event.stage == "edit"]
    assert len([event for event in recorder.of(SampleStarted) if event.stage == "score"]) == 4
    assert any("torn" in event.text for event in recorder.of(LogEmitted))

    def key(line: str) -> tuple[str, int, float | None]:
        row = json.loads(line)
        return row["stage"], row["index"], row.get("score")

    assert sorted(map(key, results.read_text().splitlines())) == sorted(map(key, complete))


def test_resume_with_another_config_is_refused_with_the_difference(tmp_path: Path) -> None:
    run(run_config(tmp_path))
    with pytest.raises(RunDirectoryError, match=r"edit\.steps: 4 in the run, 5 now"):
        run(run_config(tmp_path, edit={"steps": 5}), resume="latest")


def test_resume_with_other_workers_is_accepted(tmp_path: Path) -> None:
    run(run_config(tmp_path))
    config = run_config(tmp_path, edit={"workers": {"devices": ["cpu"]}})
    again, recorder, _ = run(config, resume="latest")
    assert again.exit_code == 0
    assert not recorder.of(WorkerStarted)


def test_the_manifest_hides_secrets_of_the_command_line() -> None:
    argv = ("editgauge", "run", "c.yaml", "-o", "reward.api_key=abc", "-o", "edit.steps=8")
    plain = {"reward": {"api_key": "**********"}, "edit": {"steps": 8}}
    assert public_argv(argv, plain, Redactor(())) == [
        *argv[:4],
        "reward.api_key=**********",
        "-o",
        "edit.steps=8",
    ]


def test_the_command_to_go_on_with_has_no_run_directory(tmp_path: Path) -> None:
    store = RunStore.create(tmp_path, "x")
    ending = Ending(RunStatus.INTERRUPTED, ExitCode.INTERRUPTED, "interrupted")
    argv = ("editgauge", "run", "c.yaml", "--run-dir", "there", "-r", "plain")
    assert advice(ending, store, argv) == (
        f"go on with: editgauge run c.yaml -r plain --resume {store.folder}"
    )
    failed = Ending(RunStatus.FINISHED, ExitCode.TOO_MANY_FAILURES, "1 sample failed")
    assert advice(failed, store, argv) == (
        f"try failed samples again with: editgauge run c.yaml -r plain --resume {store.folder} "
        "--retry-failed"
    )
    assert advice(failed, store, ()) == (
        f"try failed samples again with: editgauge.run(..., resume={str(store.folder)!r}, "
        "retry_failed=True), the rest as before"
    )
    # Failures may be allowed; what is missing can be had all the same.
    allowed = Ending(RunStatus.FINISHED, ExitCode.OK, "")
    assert advice(allowed, store, argv) == ""
    assert advice(allowed, store, argv, failures=2) == advice(failed, store, argv)
    store.close()


def test_resume_with_a_changed_rubric_file_is_refused(tmp_path: Path) -> None:
    rubric = tmp_path / "rubric.yaml"
    rubric.write_text("prompt: Is it good?\n")
    config = run_config(tmp_path, reward={"type": "counting", "rubric": str(rubric)})
    run(config)
    rubric.write_text("prompt: Is it bad?\n")
    with pytest.raises(RunDirectoryError, match="rubrics"):
        run(config, resume="latest")


def test_edits_whose_images_are_gone_before_they_were_scored_are_made_again(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    results = first.run_dir / "results.jsonl"
    rows = [json.loads(line) for line in results.read_text().splitlines()]
    unscored = [row for row in rows if row["stage"] == "edit" or row["index"] not in (0, 1)]
    results.write_text("".join(json.dumps(row) + "\n" for row in unscored))
    # One was not scored yet; the other was, and nobody needs its image any more.
    for row in rows:
        if row["stage"] == "edit" and row["index"] in (1, 2):
            (first.run_dir / row["image"]).unlink()
    again, recorder, _ = run(run_config(tmp_path), resume="latest")
    assert again.exit_code == 0
    assert again.figures == first.figures
    assert again.edit_outcomes == first.edit_outcomes
    edited = [event.sample for event in recorder.of(SampleStarted) if event.stage == "edit"]
    assert edited == ["s1"]


def _lose(samples: Path, dataset: Path) -> None:
    samples.unlink()
    lines = dataset.read_text().splitlines(keepends=True)
    dataset.write_text("".join(reversed(lines)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda samples, _: samples.write_text(
            "".join(samples.read_text().splitlines(keepends=True)[:2])
        ),
        lambda samples, _: samples.write_text(samples.read_text()[:-30]),
        _lose,
    ],
    ids=["lines are missing", "torn", "lost, and the dataset has changed"],
)
def test_resume_with_other_samples_is_refused(
    tmp_path: Path, damage: Callable[[Path, Path], Any]
) -> None:
    first, _, _ = run(run_config(tmp_path))
    (first.run_dir / "results.jsonl").write_text("")
    damage(first.run_dir / "samples.jsonl", tmp_path / "data" / "samples.jsonl")
    for _ in range(2):
        again, _, _ = run(run_config(tmp_path), resume="latest")
        assert again.exit_code == ExitCode.USAGE
        assert "does not hold the samples that the run began with" in again.reason


def test_a_judge_without_results_may_be_changed_when_a_run_goes_on(tmp_path: Path) -> None:
    reward = {"type": "counting", "misbehave": {"load": "raise"}, "folder": str(tmp_path)}
    first, _, _ = run(run_config(tmp_path, reward=reward))
    assert first.exit_code == ExitCode.WORKERS_LOST
    again, recorder, _ = run(run_config(tmp_path, reward={"type": "counting"}), resume="latest")
    assert again.exit_code == 0
    assert not [event for event in recorder.of(SampleStarted) if event.stage == "edit"]
    with pytest.raises(RunDirectoryError, match=r"reward\.reply: .* in the run, 'Score: 3' now"):
        run(run_config(tmp_path, reward={"type": "counting", "reply": "Score: 3"}), resume="latest")


def test_a_judge_may_be_added_to_a_run_that_had_none(tmp_path: Path) -> None:
    run(run_config(tmp_path, reward=None))
    again, _, _ = run(run_config(tmp_path), resume="latest")
    assert again.score_outcomes == {ScoreOutcome.OK: 6}


def test_a_run_that_fails_before_its_first_stage_does_not_become_the_latest(
    tmp_path: Path,
) -> None:
    good, _, _ = run(run_config(tmp_path))
    bad, _, _ = run(run_config(tmp_path, dataset={"limit": 1, "ids": ["nobody"]}))
    assert bad.exit_code == ExitCode.USAGE
    assert (tmp_path / "runs" / "latest").resolve() == good.run_dir


def test_what_was_done_before_is_told_when_a_run_goes_on(tmp_path: Path) -> None:
    run(run_config(tmp_path, reward=None))
    _, recorder, _ = run(run_config(tmp_path), resume="latest")
    assert any(
        event.text == "going on: 6 of 6 samples were edited before, 0 scored"
        for event in recorder.of(LogEmitted)
    )


def test_a_failure_after_the_last_reply_is_a_warning_and_no_result(tmp_path: Path) -> None:
    reward = {"type": "counting", "batch_size": 6, "misbehave": {"end": "raise"}}
    result, recorder, _ = run(run_config(tmp_path, reward=reward))
    assert result.score_outcomes == {ScoreOutcome.OK: 6}
    warnings = [event for event in recorder.of(LogEmitted) if event.level == "warning"]
    assert [event.text for event in warnings] == [
        "failed after every reply of its request had come: RuntimeError: told to raise"
    ]
