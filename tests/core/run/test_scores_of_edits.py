"""Each score is one of the edit that its sample has, or there is none."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from editgauge.core.run import planning, runner
from editgauge.core.run.result import RunResult
from tests.support.runs import make_dataset, run, run_config


def _run_with_a_change_between(
    config: dict[str, Any], change: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> RunResult:
    """Run, and let something else change files once all edits are done."""
    real = planning.score_stage

    def score_stage(config: Any, report: Any, tools: Any, **options: Any) -> Any:
        change(tools.store.folder)
        return real(config, report, tools, **options)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "score_stage", score_stage)
        result, _, _ = run(config)
    return result


def _images(folder: Path) -> list[Path]:
    rows = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    edits = sorted((row["index"], row["image"]) for row in rows if row["stage"] == "edit")
    return [folder / image for _, image in edits]


@pytest.mark.parametrize("how", ["of another sample", "of something else"])
def test_an_image_that_took_an_edits_place_has_no_score(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(folder: Path) -> None:
        first, second, *_ = _images(folder)
        if how == "of another sample":
            shutil.copyfile(second, first)
        else:
            Image.new("RGB", (5, 5)).save(first)

    config = run_config(tmp_path, dataset={"limit": 3}, reward={"batch_size": 3})
    result = _run_with_a_change_between(config, change, monkeypatch)
    changed, *others = (sample.score for sample in result.results())
    assert result.exit_code == ExitCode.TOO_MANY_FAILURES
    assert changed is not None
    assert (changed.outcome, changed.score) == (ScoreOutcome.FAILED, None)
    assert changed.reason.startswith("the edited image is not the one that was written")
    assert [score and score.outcome for score in others] == [ScoreOutcome.OK] * 2

    again, _, _ = run(config, resume=str(result.run_dir))
    assert again.exit_code == ExitCode.OK
    assert [sample.score and sample.score.outcome for sample in again.results()] == [
        ScoreOutcome.OK
    ] * 3


@pytest.mark.parametrize("judge_images", ["both", "edited"])
def test_an_edit_is_not_judged_beside_a_source_that_it_was_not_made_of(
    tmp_path: Path, judge_images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset(tmp_path / "data", samples=1)
    source = tmp_path / "data" / "source.png"
    config = run_config(tmp_path, reward={"judge_images": judge_images})
    result = _run_with_a_change_between(
        config, lambda _folder: Image.new("RGB", (12, 9), "blue").save(source), monkeypatch
    )
    (sample,) = result.results()
    assert sample.edit is not None
    assert sample.score is not None
    assert sample.edit.outcome is EditOutcome.OK
    if judge_images == "edited":
        assert sample.score.outcome is ScoreOutcome.OK
    else:
        assert (sample.score.outcome, sample.score.score) == (ScoreOutcome.FAILED, None)
        assert sample.score.reason.startswith("a source image has changed since the edit")
