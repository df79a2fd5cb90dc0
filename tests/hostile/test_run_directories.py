"""Run directories that somebody gave away, or changed by hand, and that are gone on with."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.outcomes import ExitCode
from editgauge.core.run.store import RunDirectoryError
from tests.support.runs import run, run_config

NAMES = ["results.jsonl", "superseded.jsonl", "samples.jsonl", "images", "logs/edit-0.log"]


def _rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text("utf-8").splitlines()]


def _change(folder: Path, change: Callable[[dict[str, Any]], object], stage: str = "edit") -> None:
    """Change the row of the first sample in a stage."""
    rows = _rows(folder)
    change(next(row for row in rows if (row["stage"], row["index"]) == (stage, 0)))
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (folder / "results.jsonl").write_text(text, "utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_run_with_links_in_it_is_refused_and_nothing_is_written_through_them(
    tmp_path: Path, name: str
) -> None:
    config = run_config(tmp_path, dataset={"limit": 1})
    folder = run(config)[0].run_dir
    elsewhere = tmp_path / "elsewhere"
    path = folder / name
    if path.exists():
        path.rename(elsewhere)
    else:
        elsewhere.write_text("mine, and not torn")
    path.symlink_to(elsewhere)
    before = elsewhere.read_bytes() if elsewhere.is_file() else sorted(elsewhere.iterdir())
    with pytest.raises(RunDirectoryError, match=f"{path.name} is a link"):
        run(config, resume=str(folder))
    after = elsewhere.read_bytes() if elsewhere.is_file() else sorted(elsewhere.iterdir())
    assert before == after


def test_a_named_pipe_in_place_of_a_log_blocks_nothing(tmp_path: Path) -> None:
    config = run_config(tmp_path, dataset={"limit": 1})
    folder = run(config)[0].run_dir
    (folder / "logs" / "edit-0.log").unlink()
    os.mkfifo(folder / "logs" / "edit-0.log")
    with pytest.raises(RunDirectoryError, match=r"edit-0\.log is no file"):
        run(config, resume=str(folder))


def test_an_image_outside_of_the_run_directory_is_not_taken_for_the_edit(tmp_path: Path) -> None:
    config = run_config(tmp_path, dataset={"limit": 1})
    folder = run(config)[0].run_dir
    (image,) = (folder / "images").iterdir()
    image.rename(folder.parent / "x.png")
    _change(folder, lambda row: row.update(image="../x.png"))
    result, _, _ = run(config, resume=str(folder))
    assert result.exit_code == ExitCode.OK
    assert [row["image"] for row in _rows(folder) if row["stage"] == "edit"] == [
        f"images/{image.name}"
    ]


@pytest.mark.parametrize("stage", ["edit", "score"])
def test_a_row_in_the_place_of_another_sample_does_not_hold(tmp_path: Path, stage: str) -> None:
    config = run_config(tmp_path, dataset={"limit": 2})
    folder = run(config)[0].run_dir
    _change(folder, lambda row: row.update(id="s1"), stage)
    result, _, _ = run(config, resume=str(folder))
    assert result.exit_code == ExitCode.USAGE
    assert f"1 {stage} of this run would not come out the same" in result.reason
    run(config, resume=str(folder), redo="edits")
    assert sorted((row["stage"], row["index"], row["id"]) for row in _rows(folder)) == [
        (stage, index, f"s{index}") for stage in ("edit", "score") for index in (0, 1)
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"id": 5},
        {"image": ["images", "x.png"]},
        {"image_sha256": 1},
        {"sources": [None]},
        {"seconds": "long"},
        {"width": True},
        {"category": {}},
        {"key": None},
    ],
    ids=str,
)
def test_rows_with_values_of_other_types_are_refused_in_words(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    config = run_config(tmp_path, dataset={"limit": 1})
    folder = run(config)[0].run_dir
    _change(folder, lambda row: row.update(change))
    (name,) = change
    with pytest.raises(RunDirectoryError, match=f"line 1: not a result: '{name}' cannot be"):
        run(config, resume=str(folder))
