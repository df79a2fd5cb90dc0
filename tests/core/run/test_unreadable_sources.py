"""Source images that could not be read when a run began, or cannot be read when it goes on."""

from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import LogEmitted, SampleStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from editgauge.core.run import planning, runner
from editgauge.core.run.result import RunResult
from tests.support.runs import Recorder, make_dataset, run, run_config


class Sources:
    """A run of two samples, `s1` of an image of its own."""

    def __init__(self, folder: Path) -> None:
        from PIL import Image

        self.folder = folder
        path = make_dataset(folder / "data", 2)
        self.image = path.parent / "other.png"
        Image.new("RGB", (12, 9), "blue").save(self.image)
        first, second = path.read_text("utf-8").splitlines()
        path.write_text(f"{first}\n{second.replace('source.png', 'other.png')}\n", "utf-8")
        self._data = self.image.read_bytes()

    def config(self, **changes: Any) -> dict[str, Any]:
        return run_config(self.folder, **changes)

    def take_away(self) -> None:
        self.image.unlink()

    def put_back(self) -> None:
        self.image.write_bytes(self._data)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


def done_again(recorder: Recorder) -> list[tuple[str, str]]:
    return sorted((event.stage, event.sample) for event in recorder.of(SampleStarted))


def warnings(recorder: Recorder) -> list[str]:
    return [event.text for event in recorder.of(LogEmitted) if event.level == "warning"]


def results(result: RunResult) -> bytes:
    return (result.run_dir / "results.jsonl").read_bytes()


def _lose_before_editing(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> RunResult:
    """Run, and take the image away once the dataset was read."""
    real = planning.edit_stage

    def edit_stage(*arguments: Any) -> Any:
        sources.take_away()
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "edit_stage", edit_stage)
        result, _, _ = run(sources.config())
    return result


def test_an_edit_that_failed_for_a_missing_source_asks_for_retry_failed(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = _lose_before_editing(sources, monkeypatch)
    assert failed.edit_outcomes == {EditOutcome.OK: 1, EditOutcome.FAILED: 1}
    same, recorder, _ = run(sources.config(), resume="latest")
    assert (same.exit_code, done_again(recorder)) == (ExitCode.TOO_MANY_FAILURES, [])

    sources.put_back()
    refused, _, _ = run(sources.config(), resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert "could not be read then, and can be read now, of 's1'" in refused.reason
    assert "add `--retry-failed`" in refused.reason
    assert "--redo" not in refused.reason
    again, recorder, _ = run(sources.config(), resume="latest", retry_failed=True)
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == [("edit", "s1"), ("score", "s1")]


def test_good_rows_whose_source_cannot_be_read_any_more_are_kept_and_named(
    sources: Sources,
) -> None:
    first, _, _ = run(sources.config())
    rows = results(first)
    sources.take_away()
    refused, _, _ = run(sources.config(), resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert f"source images cannot be read now: '{sources.image}'" in refused.reason
    assert "Put the images back, or add `--redo edits`" in refused.reason
    for _ in range(2):
        again, recorder, _ = run(sources.config(), resume="latest", redo="edits")
        assert (again.exit_code, done_again(recorder)) == (ExitCode.OK, [])
        assert results(first) == rows
        (warning,) = warnings(recorder)
        assert warning.startswith(
            "1 edit cannot be done again, since source images cannot be read now: "
            f"'{sources.image}'; kept"
        )
    sources.put_back()
    again, recorder, _ = run(sources.config(), resume="latest")
    assert (again.exit_code, warnings(recorder)) == (ExitCode.OK, [])


def test_another_judge_that_sees_only_edits_judges_those_whose_source_is_gone(
    sources: Sources,
) -> None:
    sees_edits = {"rubric": {"prompt": "Good? {images}", "images": ["edited"]}}
    first, _, _ = run(sources.config(reward=sees_edits))
    sources.take_away()
    other = sources.config(reward=sees_edits | {"reply": "Score: 3"})
    again, recorder, _ = run(other, resume="latest", redo="edits")
    assert again.exit_code == ExitCode.OK
    assert again.run_dir == first.run_dir
    assert done_again(recorder) == [("score", "s0"), ("score", "s1")]
    assert again.score_outcomes == {ScoreOutcome.OK: 2}


@pytest.mark.parametrize(
    "changes", [{"edit": {"steps": 2}}, {"reward": {"reply": "Score: 3"}}], ids=["edit", "judge"]
)
def test_nothing_good_is_taken_away_or_mixed_where_another_model_lacks_a_source(
    sources: Sources, changes: dict[str, Any]
) -> None:
    first, _, _ = run(sources.config())
    rows = results(first)
    sources.take_away()
    refused, recorder, _ = run(sources.config(**changes), resume="latest", redo="edits")
    assert (refused.exit_code, done_again(recorder)) == (ExitCode.USAGE, [])
    assert "1 good result of another configuration cannot be done again" in refused.reason
    assert f"'{sources.image}'" in refused.reason
    assert "Put the images back" in refused.reason
    assert results(first) == rows
    sources.put_back()
    again, _, _ = run(sources.config(**changes), resume="latest", redo="edits")
    assert again.exit_code == ExitCode.OK


def test_a_row_that_was_changed_by_hand_is_not_kept_for_want_of_its_source(
    sources: Sources,
) -> None:
    first, _, _ = run(sources.config())
    path = first.run_dir / "results.jsonl"
    path.write_bytes(results(first).replace(b"edit number 1", b"edit number 9"))
    sources.take_away()
    refused, _, _ = run(sources.config(), resume="latest", redo="edits")
    assert refused.exit_code == ExitCode.USAGE
