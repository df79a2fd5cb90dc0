"""The key figures of a run, made of its rows."""

from pathlib import Path
from typing import Any

import pytest

from editgauge.core.report.figures import report_of
from editgauge.core.run.store import RunDirectoryError, read_manifest
from tests.core.report.run_folders import edit, make_run, score
from tests.support import golden_recording

WHOLE = [
    *(edit(index) for index in (3, 0, 1)),
    edit(2, outcome="failed"),
    score(0, 8.0),
    score(1, None, outcome="unparsed"),
    score(2, None, outcome="not_edited", rubric="", minimum=None, maximum=None),
    score(3, 5.0),
]


def test_figures_of_the_run_and_of_each_category(tmp_path: Path) -> None:
    report = report_of(make_run(tmp_path, WHOLE))
    assert report.run.figures is not None
    assert (report.run.samples, report.run.figures.scored) == (4, 2)
    assert (report.run.figures.mean, report.run.figures.minimum) == (6.5, 5.0)
    assert report.run.edit_outcomes == {"ok": 3, "failed": 1}
    assert report.run.score_outcomes == {"ok": 2, "unparsed": 1, "not_edited": 1}
    even, odd = report.categories
    assert [even.category, odd.category] == ["even", "odd"]
    assert even.figures is not None
    assert (even.figures.samples, even.figures.scored, even.figures.mean) == (2, 1, 8.0)
    assert odd.score_outcomes == {"ok": 1, "unparsed": 1}
    assert (report.status, report.exit_code, report.missing, report.shortfall) == (
        "finished",
        0,
        0,
        "",
    )
    assert [stage.images_per_minute for stage in report.stages] == [3.0, 4.0]


def test_a_run_that_was_killed_has_figures_of_what_it_did(tmp_path: Path) -> None:
    rows = [edit(0), edit(1), score(0, 8.0)]
    folder = make_run(tmp_path, rows, torn='{"stage": "sc', status="running", summary=None)
    report = report_of(folder)
    assert (report.exit_code, report.seconds, report.missing) == (None, None, 3)
    assert report.run.figures is not None
    assert (report.run.figures.samples, report.run.figures.scored) == (4, 1)
    assert report.shortfall == (
        "the run goes on, or was killed; of 4 samples, 2 not reached, 1 edited and not judged"
    )


def test_what_was_not_reached_and_what_has_no_good_result_are_told_apart(tmp_path: Path) -> None:
    rows = [edit(0), edit(1, outcome="failed"), edit(2), score(1, None, outcome="not_edited")]
    rows += [score(0, None, outcome="unparsed")]
    summary = {"exit_code": 130, "seconds": 1.0, "reason": ""}
    folder = make_run(tmp_path, rows, samples=10, status="interrupted", summary=summary)
    report = report_of(folder)
    assert (report.missing, report.not_reached, report.failures) == (8, 7, 2)
    assert report.shortfall.endswith(
        "of 10 samples, 7 not reached, 1 edited and not judged, 2 without a good result"
    )


def test_where_nothing_came_out_well_there_is_no_rate(tmp_path: Path) -> None:
    rows = [edit(n, outcome="failed") for n in range(4)]
    rows += [score(n, None, outcome="not_edited") for n in range(4)]
    report = report_of(make_run(tmp_path, rows))
    assert [stage.images_per_minute for stage in report.stages] == [None, None]


@pytest.mark.parametrize(
    ("status", "said"),
    [("interrupted", "the run was interrupted"), ("failed", "the run has failed")],
)
def test_a_run_that_did_not_finish_says_so(status: str, said: str, tmp_path: Path) -> None:
    summary = {"exit_code": 130, "seconds": 1.0, "reason": "interrupted by SIGINT"}
    report = report_of(make_run(tmp_path, status=status, summary=summary))
    assert report.shortfall == f"{said}; of 4 samples, 4 not reached"
    assert report.reason == "interrupted by SIGINT"


def test_before_a_dataset_was_read_there_is_a_report_too(tmp_path: Path) -> None:
    folder = make_run(tmp_path, samples=0, dataset=None, summary=None, status="running")
    (folder / "results.jsonl").unlink()
    (folder / "samples.jsonl").unlink()
    report = report_of(folder)
    assert (report.run.samples, report.categories) == (0, ())


def test_no_mean_is_taken_over_rubrics_of_different_range(tmp_path: Path) -> None:
    rows = [edit(0), edit(1), score(0, 8.0), score(1, 3.0, maximum=5)]
    report = report_of(make_run(tmp_path, rows, samples=2))
    assert report.run.figures is None
    assert [group.figures.mean for group in report.categories if group.figures] == [8.0, 3.0]


def test_a_run_that_only_edits_has_no_scores(tmp_path: Path) -> None:
    config = {"edit": {"type": "sleeping"}, "reward": None}
    report = report_of(make_run(tmp_path, [edit(0), edit(1)], samples=2, config=config))
    assert report.run.figures is None
    assert (report.missing, report.reward_model) == (0, "")


@pytest.mark.parametrize(
    "manifest",
    [
        {"dataset": {"samples": "many"}},
        {"stages": {"edit": []}},
        {"stages": {"edit": {"samples": 1}}},
        {"config": [1]},
        {"summary": [1]},
    ],
    ids=str,
)
def test_a_damaged_manifest_is_an_error_that_names_it(
    manifest: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(RunDirectoryError, match=r"run\.json is no manifest"):
        report_of(make_run(tmp_path, **manifest))


def test_the_report_of_a_real_run_says_what_its_manifest_says(tmp_path: Path) -> None:
    folder = golden_recording.record(tmp_path)
    summary = read_manifest(folder)["summary"]
    report = report_of(folder)
    assert report.run.figures is not None
    assert report.run.figures._asdict() == summary["figures"]
    assert [group.category for group in report.categories] == [
        entry["category"] for entry in summary["categories"]
    ]
    for group, entry in zip(report.categories, summary["categories"], strict=True):
        assert group.figures is not None
        assert group.figures._asdict() == entry["figures"]
    assert report.run.edit_outcomes == {"ok": 5}
    assert (report.exit_code, report.missing, report.shortfall) == (100, 0, "")
    # Five edits and, when it was resumed, one of them again; five scores and two again.
    assert [(stage.stage, stage.samples) for stage in report.stages] == [("edit", 6), ("score", 7)]
    assert all(stage.seconds and stage.seconds > 0 for stage in report.stages)
