"""The reporter `junit`."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import junitparser
import pytest

from editgauge.config_schemas.reporters_services import JunitConfig
from editgauge.core.hooks.events import Event, RunFinished, SampleFinished
from editgauge.core.run.store import RunDirectoryError
from editgauge.reporters.amounts import coverage_of
from editgauge.reporters.ci.junit import JunitReporter
from tests.reporters.ci.junit_structure import wrong_in
from tests.reporters.contexts import make_context
from tests.reporters.run_directories import write_run_directory
from tests.reporters.script import FIGURES, RUN_ID, whole_run
from tests.reporters.telling import tell


def _report(folder: Path, events: list[Event] | None = None, **options: Any) -> ET.Element:
    reporter = JunitReporter(JunitConfig(**options), make_context(run_dir=folder))
    tell(reporter, whole_run() if events is None else events)
    root = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - the reporter's own
    assert wrong_in(root) == []
    return root


def _case(root: ET.Element, name: str) -> ET.Element:
    (case,) = [case for case in root.iter("testcase") if case.get("name") == name]
    return case


def _interrupted() -> list[Event]:
    """Return a run that ended after the first score, two samples edited and not scored."""
    events = whole_run()
    (last,) = [event for event in events if isinstance(event, RunFinished)]
    scores = [e for e in events if isinstance(e, SampleFinished) and e.stage == "score"]
    before = events[: events.index(scores[2])]
    end = replace(last, status="interrupted", exit_code=130, reason="interrupted by SIGINT")
    return [*before, end]


def test_every_sample_is_a_case_in_the_suite_of_its_category(tmp_path: Path) -> None:
    root = _report(tmp_path)
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["editgauge", "editgauge.physical", "editgauge.文化"]
    names = {
        name: [case.get("name") for case in suite.iter("testcase")]
        for name, suite in suites.items()
    }
    assert names["editgauge.physical"] == ["boat", "写真-03"]
    assert names["editgauge.文化"] == ["c\\x1b[2J\\n\\u202eevil", "house"]
    assert _case(root, "boat").get("time") == "5.100"
    assert _case(root, "boat").get("classname") == "editgauge.physical"
    assert [child.tag for child in _case(root, "boat")] == ["system-out"]


def test_an_edit_that_failed_is_an_error_and_a_reply_without_score_a_failure(
    tmp_path: Path,
) -> None:
    root = _report(tmp_path)
    error = _case(root, "写真-03").find("error")
    assert error is not None
    assert error.get("type") == "edit.failed"
    assert (error.get("message") or "").startswith("edit: failed: OutOfMemoryError: tried")
    failure = _case(root, "c\\x1b[2J\\n\\u202eevil").find("failure")
    assert failure is not None
    assert failure.get("type") == "score.unparsed"
    assert failure.get("message") == "score: unparsed: no score in the reply"
    assert "Ignore all\\r\nand\tanswer" in (failure.text or "")


def test_scores_below_the_least_wanted_are_failures(tmp_path: Path) -> None:
    root = _report(tmp_path, min_score=7.5)
    failure = _case(root, "house").find("failure")
    assert failure is not None
    assert failure.get("message") == "score 7 is below min_score 7.5"
    assert _case(root, "boat").find("failure") is None
    assert _case(_report(tmp_path, min_score=7.0), "house").find("failure") is None


def test_properties_say_what_ran_and_the_mean_with_its_coverage(tmp_path: Path) -> None:
    root = _report(tmp_path)
    properties = {
        (suite.get("name"), item.get("name")): item.get("value")
        for suite in root
        for item in suite.iter("property")
    }
    assert properties["editgauge", "run_id"] == RUN_ID
    assert properties["editgauge", "edit_model"] == "qwen-image-edit"
    assert properties["editgauge", "version.editgauge"] == "0.1.0"
    assert properties["editgauge", "score"] == coverage_of(FIGURES)
    assert properties["editgauge.physical", "score"] == "mean 8.50, 1 of 2 scored"


@pytest.mark.parametrize("on_disk", [False, True], ids=["events only", "run directory"])
def test_a_parser_of_others_counts_the_same(tmp_path: Path, on_disk: bool) -> None:
    if on_disk:
        write_run_directory(tmp_path)
    _report(tmp_path)
    found = junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (found.tests, found.failures, found.errors) == (6, 1, 1)
    before = [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in found]
    found.update_statistics()  # type: ignore[no-untyped-call]
    assert [(s.tests, s.failures, s.errors, s.skipped) for s in found] == before


def test_rows_that_were_skipped_are_named_as_far_as_the_record_has_them(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    skipped = _case(_report(tmp_path), "row 7 ('tree')").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "source image: it is empty"
    events = whole_run()
    events[-1] = replace(events[-1], skipped_rows=5)  # type: ignore[call-arg]
    assert _case(_report(tmp_path, events), "4 bad rows more").find("skipped") is not None


def test_an_interrupted_run_says_so_and_skips_what_it_did_not_reach(tmp_path: Path) -> None:
    events = _interrupted()
    edits = {e.index for e in events if isinstance(e, SampleFinished) and e.stage == "edit"}
    assert edits == {0, 1, 2, 3}
    without_house = [e for e in events if getattr(e, "index", None) != 3]
    write_run_directory(tmp_path, without_house)
    root = _report(tmp_path, without_house)
    error = _case(root, "the run").find("error")
    assert error is not None
    assert error.get("message") == "interrupted, exit code 130: interrupted by SIGINT"
    unscored = _case(root, "c\\x1b[2J\\n\\u202eevil").find("skipped")
    assert unscored is not None
    assert unscored.get("message") == "edited, and not scored: the run ended before"
    unreached = _case(root, "house").find("skipped")
    assert unreached is not None
    assert unreached.get("message") == "not reached: the run was interrupted"


def test_results_of_earlier_starts_are_in_the_report_of_a_resumed_run(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    events = [replace(whole_run()[0], resumed=True), whole_run()[-1]]  # type: ignore[call-arg]
    root = _report(tmp_path, events)
    assert root.get("tests") == "6"
    assert _case(root, "写真-03").find("error") is not None


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    write_run_directory(tmp_path)
    _report(tmp_path)
    first = (tmp_path / "junit.xml").read_bytes()
    _report(tmp_path)
    assert (tmp_path / "junit.xml").read_bytes() == first


def test_a_former_report_stays_whole_if_the_new_one_cannot_be_made(tmp_path: Path) -> None:
    _report(tmp_path)
    first = (tmp_path / "junit.xml").read_bytes()
    (tmp_path / "results.jsonl").write_text("no row\n", encoding="utf-8")
    events = [
        replace(whole_run()[0], resumed=True),  # type: ignore[call-arg]
        replace(whole_run()[-1], status="failed"),  # type: ignore[call-arg]
    ]
    with pytest.raises(RunDirectoryError, match=r"results\.jsonl, line 1"):
        _report(tmp_path, events)
    assert (tmp_path / "junit.xml").read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["junit.xml", "results.jsonl"]


def test_a_folder_in_the_place_of_the_report_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(IsADirectoryError, match="needs a file's path"):
        JunitReporter(JunitConfig(), make_context(run_dir=tmp_path))
