"""The folder of a report: its bytes, its figures, and runs that did not end well."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from benchmarks.made_up_run import MadeUpRun, make_up_run

from editgauge.config_schemas.reporters import HtmlConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.recording import read_events
from editgauge.reporters.html.folder import ReportFolderError
from editgauge.reporters.html.reporter import HtmlReporter
from tests.reporters.contexts import make_context
from tests.reporters.html.reports import made_up_report, report_of
from tests.reporters.script import whole_run
from tests.support.runs import make_dataset, run, run_config


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def page_of(report: Path) -> str:
    return (report / "index.html").read_text(encoding="utf-8")


def data_of(report: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page_of(report))
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def words_of(report: Path) -> str:
    """Return the page without its data and its tags, white space made one."""
    page = re.sub(r"<script.*?</script>|<[^>]*>", " ", page_of(report), flags=re.DOTALL)
    return " ".join(page.split())


def test_a_live_run_and_its_recording_give_the_same_bytes(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data", 6, categories=("physical", "causal"))
    config = run_config(
        tmp_path,
        edit={"misbehave": {"s1": "raise"}},
        reward={"replies": {"s3": "I cannot say."}},
        reporters={"html": {}, "events": {}},
    )
    result, *_ = run(config)
    assert result.reporter_failures == ()
    assert result.undelivered == ()
    live = result.run_dir / "report"
    with (result.run_dir / "events.jsonl").open(encoding="utf-8", newline="\n") as file:
        recorded = list(read_events(file))
    again = report_of(result.run_dir, recorded, path=str(tmp_path / "again"))
    assert files_of(live) == files_of(again)
    states = {sample["id"]: sample["state"] for sample in data_of(live)["samples"]}
    assert states == dict.fromkeys(("s0", "s2", "s4", "s5"), "scored") | {
        "s1": "edit-failed",
        "s3": "unparsed",
    }
    # One source for all, five edits, each small and large; and nothing of the original bytes.
    assert len(list((live / "pictures").iterdir())) == 2 * (1 + 5)
    originals = {path.read_bytes() for path in (result.run_dir / "images").iterdir()}
    assert originals.isdisjoint(files_of(live).values())


def test_a_resumed_run_has_a_report_of_all_its_samples(tmp_path: Path) -> None:
    config = run_config(
        tmp_path, edit={"misbehave": {"s1": "once:raise"}}, reporters={"html": {}, "events": {}}
    )
    first, *_ = run(config)
    report = first.run_dir / "report"
    before = files_of(report)
    assert data_of(report)["samples"][1]["state"] == "edit-failed"
    assert "(last start)" not in words_of(report)
    result, *_ = run(config, resume=str(first.run_dir), retry_failed=True)
    assert [sample["state"] for sample in data_of(report)["samples"]] == ["scored"] * 6
    assert "(last start)" in words_of(report), "the duration on top is not that of all starts"
    pictures = {name for name in before if name.startswith("pictures/")}
    assert pictures < set(files_of(report))
    with (result.run_dir / "events.jsonl").open(encoding="utf-8", newline="\n") as file:
        recorded = list(read_events(file))
    again = report_of(result.run_dir, recorded, path=str(tmp_path / "again"))
    assert files_of(report) == files_of(again)


def test_figures_are_those_of_the_last_event(tmp_path: Path) -> None:
    report, made_up = made_up_report(tmp_path, 200)
    finished = made_up.events[-1]
    assert isinstance(finished, events.RunFinished)
    figures, words = finished.figures, words_of(report)
    assert figures is not None
    assert figures.low is not None
    assert figures.high is not None
    assert f"Mean score {figures.mean:.2f} 0 to 10 95 % interval {figures.low:.2f} to" in words
    assert f"Scored {figures.scored} of 200" in words
    for group in finished.categories:
        low, high = group.figures.low, group.figures.high
        assert f"{group.figures.mean:.2f} {low:.2f} to {high:.2f}" in words
    assert f"All samples {200 - finished.edit_outcomes[1].number}"[:12] in words


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ({"samples": 40, "seconds": 60.0, "begun": 2, "ended": 2}, "{} a minute"),
        ({"samples": 40, "seconds": 60.0, "begun": 2, "ended": 1}, "no rate"),
        (None, "no rate"),
        ([], "no rate"),
    ],
    ids=["both starts are known", "a start was killed", "nothing known", "damaged"],
)
def test_edits_a_minute_are_good_edits_by_the_time_of_all_starts(
    stage: object, said: str, tmp_path: Path
) -> None:
    made_up = make_up_run(tmp_path, 40)
    manifest = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    (tmp_path / "run.json").write_text(json.dumps(manifest | {"stages": {"edit": stage}}))
    end = made_up.events[-1]
    assert isinstance(end, events.RunFinished)
    edited = next(count.number for count in end.edit_outcomes if count.name == "ok")
    assert edited < 40
    words = words_of(report_of(tmp_path, made_up.events))
    assert f"Edited {edited} of 40 {said.format(f'{edited:.1f}')}" in words


def test_an_interrupted_run_shows_what_was_not_reached(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 40)
    lines = (tmp_path / "results.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "results.jsonl").write_bytes(b"".join(lines[:25]) + b'{"stage": "ed')
    stream = [
        event
        for event in made_up.events[:60]
        if not isinstance(event, events.StageFinished | events.RunFinished)
    ]
    end = made_up.events[-1]
    assert isinstance(end, events.RunFinished)
    stream.append(
        replace(
            end,
            elapsed=stream[-1].elapsed + 1,
            status="interrupted",
            exit_code=130,
            figures=None,
            categories=(),
            reason="interrupted by SIGINT",
            advice="go on with: editgauge run photos.yaml --resume latest",
        )
    )
    report = report_of(tmp_path, stream)
    counts = [sample["state"] for sample in data_of(report)["samples"]]
    assert counts.count("not-reached") == 15
    assert counts.count("not-judged") == sum(b'"ok"' in line for line in lines[:25])
    words = words_of(report)
    assert "interrupted by SIGINT" in words
    assert "go on with: editgauge run photos.yaml --resume latest" in words
    assert "not reached 15" in words


def test_a_damaged_run_directory_is_said_on_the_page(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 4)
    (tmp_path / "results.jsonl").write_text('{"stage": "edit"}\n', encoding="utf-8")
    words = words_of(report_of(tmp_path, made_up.events))
    assert "The samples cannot be shown:" in words
    assert "line 1" in words


def test_a_recording_alone_is_told_without_pictures(tmp_path: Path) -> None:
    report = report_of(tmp_path / "gone", whole_run(), path=str(tmp_path / "report"))
    samples = {sample["row"]: sample for sample in data_of(report)["samples"]}
    assert [samples[row]["state"] for row in range(4)] == [
        "scored",
        "unparsed",
        "edit-failed",
        "scored",
    ]
    assert samples[0]["score"] == 8.5
    assert "edited" not in samples[0]
    assert "samples are told from events" in words_of(report)


def test_until_the_run_ends_a_page_says_so(tmp_path: Path) -> None:
    HtmlReporter(HtmlConfig(), make_context(run_dir=tmp_path))
    assert "No report yet" in words_of(tmp_path / "report")


def refused_start(made_up: MadeUpRun) -> list[events.Event]:
    start, end = made_up.events[0], made_up.events[-1]
    assert isinstance(start, events.RunStarted)
    assert isinstance(end, events.RunFinished)
    return [
        replace(start, resumed=True),
        replace(end, status="failed", exit_code=2, reason="edit.steps: 4 in the run, 8 now"),
    ]


def test_a_start_that_is_refused_leaves_the_report(tmp_path: Path) -> None:
    report, made_up = made_up_report(tmp_path, 4)
    before = files_of(report)
    report_of(tmp_path, refused_start(made_up))
    assert files_of(report) == before


def test_a_refused_start_without_an_earlier_report_has_one(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 4)
    report = report_of(tmp_path, refused_start(made_up))
    assert "edit.steps: 4 in the run, 8 now" in words_of(report)


def test_what_no_page_needs_any_more_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 4, pictures=4)
    report = report_of(tmp_path, made_up.events)
    stale = report / "pictures" / f"{'0' * 32}-320.webp"
    stale.write_bytes(b"stale")
    torn = report / "pictures" / f".{'0' * 32}-320.webp.1.tmp"
    torn.write_bytes(b"torn")
    kept = report / "pictures" / "notes.txt"
    kept.write_text("mine", encoding="utf-8")
    report_of(tmp_path, made_up.events)
    assert not stale.exists()
    assert not torn.exists()
    assert kept.exists()


@pytest.mark.parametrize("kind", ["other files", "file", "link to pictures", "link to the page"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, kind: str) -> None:
    path, elsewhere = tmp_path / "report", tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "file":
        path.write_text("mine", encoding="utf-8")
    else:
        path.mkdir()
    if kind == "other files":
        (path / "index.html").write_text("<p>mine</p>", encoding="utf-8")
    elif kind == "link to pictures":
        (path / "pictures").symlink_to(elsewhere)
    elif kind == "link to the page":
        (path / "index.html").symlink_to(elsewhere / "page")
    before = files_of(tmp_path)
    with pytest.raises(ReportFolderError, match=str(path)):
        HtmlReporter(HtmlConfig(path=str(path)), make_context(run_dir=tmp_path))
    assert files_of(tmp_path) == before


def test_a_run_without_a_judge_tells_of_edits_only(tmp_path: Path) -> None:
    config = run_config(tmp_path, reward=None, edit={"misbehave": {"s1": "raise"}})
    result, *_ = run(config | {"reporters": {"html": {}}})
    assert result.reporter_failures == ()
    report = result.run_dir / "report"
    assert [sample["state"] for sample in data_of(report)["samples"]] == [
        "edited",
        "edit-failed",
        *["edited"] * 4,
    ]
    words = words_of(report)
    assert "Edited 5 of 6" in words
    assert "Mean" not in words
    assert "Scored" not in words


def test_a_run_that_ends_before_it_has_samples_has_a_report(tmp_path: Path) -> None:
    config = run_config(tmp_path, edit={"misbehave": {"check": "raise"}})
    result, *_ = run(config | {"reporters": {"html": {}}})
    assert result.exit_code == 2
    assert result.reporter_failures == ()
    words = words_of(result.run_dir / "report")
    assert "told to raise" in words
    assert "not reached 6" in words


def test_what_a_model_wants_readers_to_know_stands_on_top(tmp_path: Path) -> None:
    made_up = make_up_run(tmp_path, 4)
    manifest = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    model = {"notice": "random weights, so <b>its edits</b> are noise"}
    workers = [{"stage": "edit", "name": f"edit-{number}", "model": model} for number in range(2)]
    manifest["workers"] = [*workers, {"stage": "score", "model": {"notice": 1}}, None]
    (tmp_path / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    page = page_of(report_of(tmp_path, made_up.events))
    assert page.count("The model of stage edit says: random weights, so &lt;b&gt;its edits") == 1
    assert "stage score says" not in page
