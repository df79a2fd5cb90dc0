"""What is done again when a run is gone on with, and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import LogEmitted, SampleStarted
from editgauge.core.outcomes import EditOutcome, ExitCode, ScoreOutcome
from editgauge.core.run.store import RunDirectoryError, RunStore
from tests.support.runs import Recorder, run, run_config


def done_again(recorder: Recorder) -> list[tuple[str, str]]:
    return sorted((event.stage, event.sample) for event in recorder.of(SampleStarted))


def rows(folder: Path, name: str = "results.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def files(folder: Path) -> dict[str, bytes]:
    """Return what a run wrote, apart from what any start adds: logs."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "logs"
    }


ALL = [f"s{number}" for number in range(6)]


def test_every_row_has_a_key_and_says_of_which_images_it_is(tmp_path: Path) -> None:
    result, _, _ = run(run_config(tmp_path, edit={"misbehave": {"s2": "raise"}}))
    for row in rows(result.run_dir):
        if row["outcome"] == "not_edited":
            assert row["key"] == ""
        else:
            assert len(row["key"]) == 32
        if row["stage"] == "edit":
            assert [len(digest) for digest in row["sources_sha256"]] == [64]
            assert (row["image_sha256"] is None) == (row["outcome"] != "ok")
    assert len({row["key"] for row in rows(result.run_dir)}) == 12


def test_another_judge_scores_again_without_editing_again(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    edits = [row for row in rows(first.run_dir) if row["stage"] == "edit"]
    other = run_config(tmp_path, reward={"reply": "Score: 3"})

    before = files(first.run_dir)
    with pytest.raises(RunDirectoryError) as refused:
        run(other, resume="latest")
    assert "reward.reply: 'A fair edit.\\nScore: {score}' in the run, 'Score: 3' now" in str(
        refused.value
    )
    assert "--redo scores" in str(refused.value)
    assert files(first.run_dir) == before

    again, recorder, _ = run(other, resume="latest", redo="scores")
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == [("score", name) for name in ALL]
    assert [item.score and item.score.score for item in again.results()] == [3.0] * 6
    assert [row for row in rows(first.run_dir) if row["stage"] == "edit"] == edits
    assert len(rows(first.run_dir)) == 12
    assert len(rows(first.run_dir, "superseded.jsonl")) == 6


def test_another_editor_edits_and_scores_again(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    other = run_config(tmp_path, edit={"steps": 2})
    for redo in (None, "scores"):
        with pytest.raises(RunDirectoryError, match=r"edit\.steps: 4 in the run, 2 now"):
            run(other, resume="latest", redo=redo)
    again, recorder, _ = run(other, resume="latest", redo="edits")
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == [(stage, name) for stage in ("edit", "score") for name in ALL]
    assert len(rows(first.run_dir)) == 12
    assert len(rows(first.run_dir, "superseded.jsonl")) == 12


def test_another_seed_edits_again(tmp_path: Path) -> None:
    run(run_config(tmp_path))
    with pytest.raises(RunDirectoryError, match="seed: 42 in the run, 7 now"):
        run(run_config(tmp_path, seed=7), resume="latest")
    _, recorder, _ = run(run_config(tmp_path, seed=7), resume="latest", redo="edits")
    assert len(done_again(recorder)) == 12


def test_what_does_not_change_results_may_change(tmp_path: Path) -> None:
    run(run_config(tmp_path))
    other = run_config(
        tmp_path,
        edit={"step_seconds": 0.001, "workers": {"devices": ["cpu"]}},
        reward={"batch_size": 3},
        max_failures=3,
    )
    again, recorder, _ = run(other, resume="latest")
    assert again.exit_code == ExitCode.OK
    assert not done_again(recorder)


def test_a_rubric_of_one_category_changes_only_its_judgements(tmp_path: Path) -> None:
    from tests.support.runs import make_dataset

    make_dataset(tmp_path / "data", categories=["a", "b"])
    run(run_config(tmp_path))
    rubric = {"name": "mine", "prompt": "How good is {instruction}?", "minimum": 0, "maximum": 10}
    other = run_config(tmp_path, reward={"rubrics": {"b": rubric}})
    _, recorder, _ = run(other, resume="latest", redo="scores")
    assert done_again(recorder) == [("score", name) for name in ("s1", "s3", "s5")]


def test_a_changed_source_image_is_edited_again(tmp_path: Path) -> None:
    from PIL import Image

    config = run_config(tmp_path)
    path = Path(config["dataset"]["path"])
    Image.new("RGB", (12, 9), "blue").save(path.parent / "other.png")
    lines = path.read_text("utf-8").splitlines()
    lines[3] = lines[3].replace("source.png", "other.png")
    path.write_text("\n".join(lines) + "\n", "utf-8")
    first, _, _ = run(config)
    Image.new("RGB", (12, 9), "green").save(path.parent / "other.png")

    before = files(first.run_dir)
    refused, recorder, _ = run(config, resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert "source images are not what they were, of 's3'" in refused.reason
    assert "--redo edits" in refused.reason
    assert files(first.run_dir) == before
    assert refused.score_outcomes == {ScoreOutcome.OK: 6}

    again, recorder, _ = run(config, resume="latest", redo="edits")
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == [("edit", "s3"), ("score", "s3")]
    assert len(rows(first.run_dir)) == 12


def test_a_model_whose_files_changed_is_another_model(tmp_path: Path) -> None:
    fingerprint = tmp_path / "fingerprint"
    fingerprint.write_text("first")
    config = run_config(tmp_path, edit={"fingerprint_file": str(fingerprint)})
    run(config)
    again, recorder, _ = run(config, resume="latest")
    assert (again.exit_code, done_again(recorder)) == (ExitCode.OK, [])
    fingerprint.write_text("second")
    refused, _, _ = run(config, resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert "edit: the model's files are not what they were" in refused.reason
    _, recorder, _ = run(config, resume="latest", redo="edits")
    assert len(done_again(recorder)) == 12


def test_a_refused_start_can_be_gone_on_with_by_the_former_configuration(tmp_path: Path) -> None:
    fingerprint = tmp_path / "fingerprint"
    fingerprint.write_text("first")
    config = run_config(tmp_path, edit={"fingerprint_file": str(fingerprint)})
    run(config)
    fingerprint.write_text("second")
    assert run(config, resume="latest")[0].exit_code == ExitCode.USAGE
    fingerprint.write_text("first")
    again, recorder, _ = run(config, resume="latest")
    assert (again.exit_code, done_again(recorder)) == (ExitCode.OK, [])


@pytest.mark.parametrize("damage", [b"", b"not what was written"])
def test_an_edited_image_that_was_damaged_is_made_again(tmp_path: Path, damage: bytes) -> None:
    first, _, _ = run(run_config(tmp_path))
    (item, *_) = first.results()
    assert item.edit is not None
    assert item.edit.image is not None
    image = first.run_dir / item.edit.image
    good = image.read_bytes()
    image.write_bytes(damage)
    again, recorder, _ = run(run_config(tmp_path), resume="latest")
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == [("edit", "s0"), ("score", "s0")]
    assert image.read_bytes() == good
    (warning,) = (event.text for event in recorder.of(LogEmitted) if event.level == "warning")
    assert warning == "1 edited image cannot be found, or not as it was written: made again"


def test_the_image_of_a_scored_edit_may_be_deleted(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    for image in (first.run_dir / "images").iterdir():
        image.unlink()
    again, recorder, _ = run(run_config(tmp_path), resume="latest")
    assert (again.exit_code, done_again(recorder)) == (ExitCode.OK, [])
    (warning,) = (event.text for event in recorder.of(LogEmitted) if event.level == "warning")
    assert warning.startswith("6 edited images of judged edits cannot be found: 'images/s0-")
    assert "Put the images back if you need them" in warning


def test_redoing_that_is_interrupted_leaves_no_score_of_the_former_judge(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    other = run_config(
        tmp_path,
        reward={"reply": "Score: 3", "misbehave": {"load": "raise"}, "folder": str(tmp_path)},
    )
    failed, _, _ = run(other, resume="latest", redo="scores")
    assert failed.exit_code == ExitCode.WORKERS_LOST
    assert not [row for row in rows(first.run_dir) if row["stage"] == "score"]
    assert all(item.score is None for item in failed.results())
    mended = run_config(tmp_path, reward={"reply": "Score: 3"})
    again, _, _ = run(mended, resume="latest")
    assert [item.score and item.score.score for item in again.results()] == [3.0] * 6


def test_rows_without_a_key_are_not_taken_for_what_is_asked_now(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    results = first.run_dir / "results.jsonl"
    stripped = [{**row, "key": ""} for row in rows(first.run_dir)]
    results.write_text("".join(json.dumps(row) + "\n" for row in stripped), "utf-8")
    refused, _, _ = run(run_config(tmp_path), resume="latest")
    assert refused.exit_code == ExitCode.USAGE
    assert "6 edits of this run would not come out the same now" in refused.reason


def test_a_new_run_into_the_folder_of_another_is_refused_with_the_difference(
    tmp_path: Path,
) -> None:
    first, _, _ = run(run_config(tmp_path))
    with pytest.raises(RunDirectoryError, match="holds a run already; go on with it by --resume"):
        run(run_config(tmp_path), run_dir=first.run_dir)
    other = run_config(tmp_path, edit={"steps": 2})
    with pytest.raises(RunDirectoryError, match=r"edit\.steps: 4 in the run, 2 now") as refused:
        run(other, run_dir=first.run_dir)
    assert "--redo edits" in str(refused.value)
    again, recorder, _ = run(other, run_dir=first.run_dir, redo="edits")
    assert again.exit_code == ExitCode.OK
    assert len(done_again(recorder)) == 12


def test_scores_stay_when_there_is_no_judge_to_make_them_again(tmp_path: Path) -> None:
    run(run_config(tmp_path))
    with pytest.raises(RunDirectoryError, match="no reward model is configured now"):
        run(run_config(tmp_path, reward=None), resume="latest", redo="edits")


def test_rows_that_are_taken_out_are_kept_in_a_file_of_their_own(tmp_path: Path) -> None:
    config = run_config(tmp_path, edit={"misbehave": {"s1": "once:raise"}, "folder": str(tmp_path)})
    first, _, _ = run(config)
    assert first.edit_outcomes[EditOutcome.FAILED] == 1
    again, _, _ = run(config, resume="latest", retry_failed=True)
    assert again.exit_code == ExitCode.OK
    former = rows(first.run_dir, "superseded.jsonl")
    assert [(row["stage"], row["id"], row["outcome"]) for row in former] == [
        ("edit", "s1", "failed"),
        ("score", "s1", "not_edited"),
    ]
    assert len(rows(first.run_dir)) == 12


def test_an_edit_that_failed_for_its_source_image_is_retried_once_the_image_is_mended(
    tmp_path: Path,
) -> None:
    config = run_config(tmp_path)
    source = Path(config["dataset"]["path"]).parent / "source.png"
    good = source.read_bytes()
    source.write_bytes(good[:45] + bytes(10) + good[55:])
    first, _, _ = run(config)
    assert first.edit_outcomes == {EditOutcome.FAILED: 6}
    source.write_bytes(good)
    again, _, _ = run(config, resume="latest", retry_failed=True)
    assert again.exit_code == ExitCode.OK


def test_a_row_of_a_sample_that_the_dataset_has_not_is_told(tmp_path: Path) -> None:
    first, _, _ = run(run_config(tmp_path))
    results = first.run_dir / "results.jsonl"
    results.write_text(results.read_text("utf-8").replace('"index": 5', '"index": 6'), "utf-8")
    again, _, _ = run(run_config(tmp_path), resume="latest")
    assert again.exit_code == ExitCode.USAGE
    assert "row 6 of a dataset that has 6 rows" in again.reason


def test_rows_that_another_process_adds_until_the_run_is_ours_are_reviewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = run_config(tmp_path, dataset={"limit": 2})
    first, _, _ = run(config)
    path = first.run_dir / "results.jsonl"
    rows = path.read_bytes()
    path.write_bytes(b"")
    real = RunStore.reopen

    def reopen_late(folder: Path, *, sync: bool = False) -> RunStore:
        path.write_bytes(rows)
        return real(folder, sync=sync)

    monkeypatch.setattr(RunStore, "reopen", reopen_late)
    other = run_config(tmp_path, dataset={"limit": 2}, edit={"steps": 3}, reward={"reply": "9"})
    with pytest.raises(RunDirectoryError, match="steps: 4 in the run, 3 now"):
        run(other, resume=str(first.run_dir))
    assert path.read_bytes() == rows


def test_a_dataset_that_was_read_again_and_is_another_one_can_be_put_back(tmp_path: Path) -> None:
    config = run_config(tmp_path, dataset={"limit": 1})
    first, _, _ = run(config)
    dataset = tmp_path / "data" / "samples.jsonl"
    former = dataset.read_text("utf-8")
    dataset.write_text(former.replace("edit number", "do number"), "utf-8")
    (first.run_dir / "samples.jsonl").unlink()
    again, _, _ = run(config, resume=str(first.run_dir))
    assert "put it (or the dataset) back as it was" in again.reason
    dataset.write_text(former, "utf-8")
    again, recorder, _ = run(config, resume=str(first.run_dir))
    assert again.exit_code == ExitCode.OK
    assert done_again(recorder) == []
