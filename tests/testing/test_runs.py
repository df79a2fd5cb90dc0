"""Runs in a temporary directory, the models that do as they are told, and the recorder."""

from pathlib import Path

import pytest
from PIL import Image

import editgauge
from editgauge import events
from editgauge.testing import (
    EventRecorder,
    counted_edits,
    make_samples,
    plugin,
    run_in,
)


def test_a_run_in_a_folder_edits_and_scores(tmp_path: Path) -> None:
    tried = run_in(
        tmp_path,
        edit={"type": "testing-sleeping", "steps": 3, "errors": {"s1": "told to fail"}},
        reward={
            "type": "testing-scripted",
            "batch_size": 2,
            "replies": {"s0": 8.5, "s2": "I cannot say."},
        },
        samples=4,
        max_failures=4,
    )
    recorder = tried.events
    assert tried.result.exit_code == 0
    assert tried.run_dir.parent == tmp_path / "runs"
    assert recorder.outcomes("edit") == {"s0": "ok", "s1": "failed", "s2": "ok", "s3": "ok"}
    assert recorder.reasons("edit") == {"s1": "RuntimeError: told to fail"}
    assert recorder.scores() == {"s0": 8.5, "s1": None, "s2": None, "s3": 7.0}
    assert recorder.outcomes("score")["s2"] == "unparsed"
    assert recorder.replies()["s2"] == "I cannot say."
    assert [step.step for step in recorder.steps("s2")] == [1, 2, 3]
    assert recorder.end.samples == 4
    assert [event.sample for event in recorder.finished("edit", "s3")] == ["s3"]
    assert recorder.started("edit", "s0")[0].instruction == "Make it brighter."
    assert recorder.retried() == []
    assert recorder.kinds()[0] == "RunStarted"
    assert {row["id"] for row in tried.rows("edit")} == {"s0", "s1", "s2", "s3"}
    with Image.open(tried.image("s0")) as picture:
        assert picture.size == (96, 64)
        assert picture.getpixel((0, 0)) == (42, 0, 0)
    with pytest.raises(LookupError, match="no edited image of 's1'"):
        tried.image("s1")


def test_a_judge_that_raises_leaves_a_reason(tmp_path: Path) -> None:
    reward = {"type": "testing-scripted", "errors": {"s0": "out of words"}}
    tried = run_in(tmp_path, reward=reward, samples=1)
    assert tried.events.reasons("score") == {"s0": "RuntimeError: out of words"}


def test_a_counting_model_notes_each_edit_once(tmp_path: Path) -> None:
    notes = tmp_path / "notes.jsonl"
    assert counted_edits(notes) == []
    edit = {
        "type": "testing-counting",
        "path": str(notes),
        "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2},
    }
    first = run_in(tmp_path, edit=edit, samples=5, seed=7)
    again = run_in(tmp_path, edit=edit, samples=5, seed=7, resume=str(first.run_dir))
    noted = sorted(counted_edits(notes), key=lambda note: str(note["id"]))
    assert [(note["id"], note["seed"]) for note in noted] == [
        (f"s{number}", 7 + number) for number in range(5)
    ]
    assert {note["worker"] for note in noted} <= {"edit-0", "edit-1"}
    assert {note["device"] for note in noted} == {"cpu"}
    assert again.result.samples == 5


def test_reporters_and_plugins_may_be_added(tmp_path: Path) -> None:
    mine = EventRecorder()
    tried = run_in(tmp_path, samples=1, reporters=[mine, "events"])
    assert mine.kinds() == tried.events.kinds()
    assert (tried.run_dir / "events.jsonl").exists()


def test_a_recorder_is_a_reporter_of_any_run(tmp_path: Path) -> None:
    path = make_samples(tmp_path / "data", 2, categories=("a", "b"))
    recorder = EventRecorder()
    editgauge.run(
        {
            "dataset": {"type": "jsonl", "path": str(path)},
            "edit": {"type": "testing-sleeping", "workers": {"devices": ["cpu"]}},
            "runs_dir": str(tmp_path / "runs"),
        },
        reporters=[recorder],
        plugins=[plugin],
    )
    assert [event.category for event in recorder.finished("edit")] == ["a", "b"]
    assert recorder.only(events.RunStarted).edit_model == "testing-sleeping"
    assert recorder.failed_reporters() == {}
    assert recorder.logs("nobody") == []
    with pytest.raises(LookupError, match="expected one WorkerLost, got 0; what was heard: Run"):
        recorder.only(events.WorkerLost)


def test_the_models_exist_only_where_their_plugin_is_given() -> None:
    config = {
        "dataset": {"type": "folder", "path": "x"},
        "edit": {"type": "testing-sleeping"},
    }
    with pytest.raises(editgauge.ConfigError, match="no edit model is called 'testing-sleeping'"):
        editgauge.run(config)
