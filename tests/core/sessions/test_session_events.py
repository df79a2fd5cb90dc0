"""What a session tells reporters: the events of a run, one stage for all its calls."""

import json
from pathlib import Path

import pytest

import editgauge
from editgauge.core.hooks import events
from tests.core.sessions.opened import open_editor, open_judge, picture, sleeping
from tests.support import plugin
from tests.support.runs import Recorder


def test_one_stage_holds_all_calls(tmp_path: Path) -> None:
    recorder = Recorder()
    with open_editor(tmp_path, reporters=[recorder], steps=2) as editor:
        editor.edit([picture()] * 2, "Make it night.", ids=["a", "b"], categories="light")
        editor.edit(picture(), "x")
    kinds = [type(event).__name__ for event in recorder.events]
    sample = ["BatchStarted", "SampleStarted", "StepFinished", "StepFinished"]
    sample += ["SampleFinished", "BatchFinished"]
    assert kinds == [
        *["RunStarted", "PhaseStarted", "PhaseFinished"],
        *["StageStarted", "WorkerStarted", "WorkerReady"],
        *sample * 3,
        *["StageFinished", "RunFinished"],
    ]
    assert [event.seq for event in recorder.events] == list(range(1, len(kinds) + 1))
    (started,) = recorder.of(events.RunStarted)
    assert (started.stages, started.edit_model, started.reward_model) == (("edit",), "sleeping", "")
    assert started.run_dir == str(editor.folder)
    (stage,) = recorder.of(events.StageStarted)
    assert (stage.samples, stage.batches, stage.workers) == (0, 0, 1)
    finished = recorder.of(events.SampleFinished)
    assert [(event.sample, event.index, event.category) for event in finished] == [
        *[("a", 0, "light"), ("b", 1, "light"), ("3", 2, "")],
    ]
    # As many as were asked for so far; both of the first call may have been asked at once.
    assert [event.done for event in finished] == [1, 2, 3]
    assert all(event.done <= event.of <= 3 for event in finished)
    assert finished[-1].of == 3
    assert [event.image for event in finished] == [f"images/0000000{n}.png" for n in (1, 2, 3)]
    (end,) = recorder.of(events.RunFinished)
    assert (end.status, end.exit_code, end.samples, end.advice) == ("finished", 0, 3, "")
    assert end.edit_outcomes == (events.Count("ok", 3),)


def test_a_judge_tells_scores_and_figures(tmp_path: Path) -> None:
    recorder = Recorder()
    with open_judge(tmp_path, reporters=[recorder], reply="Score: 6", batch_size=2) as judge:
        judge.score(picture(), [picture()] * 3, "x", categories=["a", "b", "a"])
    (started,) = recorder.of(events.RunStarted)
    assert (started.stages, started.edit_model, started.reward_model) == (
        ("score",),
        "",
        "counting",
    )
    (stage,) = recorder.of(events.StageStarted)
    assert (stage.score_minimum, stage.score_maximum, stage.batch_size) == (0, 10, 2)
    (end,) = recorder.of(events.RunFinished)
    assert end.figures is not None
    assert (end.figures.mean, end.figures.scored) == (6.0, 3)
    counted = [(entry.category, entry.figures.scored) for entry in end.categories]
    assert counted == [("a", 2), ("b", 1)]
    (stage_end,) = recorder.of(events.StageFinished)
    assert stage_end.outcomes == (events.Count("ok", 3),)


def test_a_failure_in_opening_is_told_before_it_is_raised(tmp_path: Path) -> None:
    recorder = Recorder()
    with pytest.raises(editgauge.PreflightError):
        open_editor(tmp_path, reporters=[recorder], misbehave={"check": "raise"})
    (end,) = recorder.of(events.RunFinished)
    assert (end.status, end.exit_code) == ("failed", editgauge.ExitCode.USAGE)
    assert "told to raise" in end.reason


def test_named_reporters_show_log_and_record_a_session_that_can_be_replayed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder, replayed = Recorder(), Recorder()
    named = ["plain", ("json", {"path": str(tmp_path / "log.jsonl")}), "events"]
    with editgauge.open_edit_model(
        sleeping(tmp_path, misbehave={"b": "raise"}),
        plugins=[plugin],
        reporters=[*named, recorder],
        folder=tmp_path / "kept",
    ) as editor:
        editor.edit([picture()] * 2, "x", ids=["a", "b"])
        editor.edit(picture(), "x", ids="c")
    shown = capsys.readouterr().err
    for line in ("1/", "a: edited in", "b: failed: RuntimeError: told to raise", "3/3 c: edited"):
        assert line in shown
    assert "Run finished: 3 samples" in shown
    assert "edited   2 of 3 (1 failed)" in shown
    logged = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert sum("SampleFinished" in entry.values() for entry in logged) == 3
    result = editgauge.replay(editor.folder, reporters=[replayed])
    assert result.finished
    assert replayed.events == recorder.events


def test_lines_do_not_tell_each_of_many_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_editor(tmp_path, reporters=["plain"]) as editor:
        for _ in range(25):
            editor.edit(picture(), "x")
    shown = capsys.readouterr().err
    assert "20/20 20: edited" in shown
    assert "21/21 21: edited" not in shown
    assert "edited   25 of 25" in shown


def test_a_reporter_that_raises_is_told_of_at_the_end_and_harms_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        @editgauge.hookimpl
        def run_event(self, event: events.RunEvent) -> None:
            raise RuntimeError(f"no {type(event).__name__}")

    with open_editor(tmp_path, reporters=[Broken()]) as editor:
        assert [result.outcome for result in editor.edit(picture(), "x")] == ["ok"]
    told = capsys.readouterr().err
    assert "reporter 'python:Broken' failed in run_event and was muted: RuntimeError" in told
