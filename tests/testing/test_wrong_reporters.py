"""Planted faults of reporters: each is found by the check that is meant for it."""

import pytest

from editgauge.core.conformance.api import examine
from editgauge.core.conformance.checks import ConformanceReport
from tests.testing import wrong_reporters
from tests.testing.planted import Fault, Reports, assert_found, examine_for, name_of

FAULTS: list[Fault] = [
    ("TakingNothing", "made", "raised TypeError"),
    ("MisspeltTarget", "made", "wrong_reporters' does not have. Did you mean 'Right'?"),
    ("RenamedFile", "made", "names a module that is not there: No module named 'wrong_rep'"),
    ("Misspelt", "reporter-hooks", "there is no hook 'sampel_event'; did you mean 'sample_event'?"),
    ("Unmarked", "reporter-hooks", "Unmarked.step_event (line"),
    ("OfAnotherArgument", "reporter-hooks", "takes (step); the hook hands over (event)"),
    ("OfAnotherScope", "reporter-hooks", "BatchEvent comes to batch_event"),
    ("OfOneKind", "reporter-hooks", "it is called with every StepEvent; annotate that"),
    ("TestingForAnotherScope", "reporter-hooks", "tests for SampleFinished, which never comes"),
    ("Hookless", "reporter-hooks", "it has none of the observing hooks"),
    ("Comparing", "every-event", "sample_event at SampleFinished (event"),
    ("Ending", "every-event", "run_event at RunFinished (event"),
    ("CountingOnTheJudge", "any-order", "a run without a judge: run_event at RunFinished"),
    ("RaisingAtNews", "unknown-events", "raised ValueError: what is FutureRunEvent?"),
    ("Raw", "hostile-text", "to a stream that people read"),
    ("TablesInUtf8", "hostile-text", r"\ud800': close raised UnicodeEncodeError"),
    ("OfTheWallClock", "own-clock", "on stderr, the same events gave"),
    ("OfTheCalendar", "own-clock", "in the file 'lines.txt', the same events gave"),
    ("WritingElsewhere", "own-files", "it wrote to "),
    ("NeedingAnEvent", "close-without-events", "close raised AttributeError"),
    ("NeedingTheEnd", "unfinished", "close raised RuntimeError: the run has no end"),
    ("Printing", "quiet", "it printed "),
]


MENDS = {
    "MisspeltTarget": "let `target` of `register` be 'module:Class'",
    "RenamedFile": "let `target` of `register` be 'module:Class'",
    "TablesInUtf8": '`editgauge.clean`, and open files with `encoding="utf-8", errors="backslash',
}
"""What is said to be done where it is not what the check says otherwise."""


def report_of(tried: Fault) -> ConformanceReport:
    model, check, _ = tried
    return examine_for(check, "reporter", {"type": model}, wrong_reporters)


@pytest.mark.parametrize("tried", FAULTS, ids=name_of)
def test_the_check_that_is_meant_for_it_finds_it(tried: Fault, reports: Reports) -> None:
    _, check, said = tried
    assert_found(reports[tried].result(), check, said)
    if tried[0] in MENDS:
        assert MENDS[tried[0]] in reports[tried].result().findings[0].check.mend


@pytest.mark.parametrize("reporter", ["CountingOnStarts", "ReadingEveryField"])
def test_what_no_start_or_another_kind_upsets_is_found_at_once(reporter: str) -> None:
    report = examine_for("every-event", "reporter", {"type": reporter}, wrong_reporters)
    assert report.names("failed") in ([], ["every-event"])
    report = examine_for("unknown-events", "reporter", {"type": reporter}, wrong_reporters)
    assert report.names("failed") == ["unknown-events"]


def test_one_that_cannot_keep_up_is_found() -> None:
    report = examine_for("any-speed", "reporter", {"type": "Sleepy"}, wrong_reporters, seconds=2.0)
    assert_found(report, "any-speed", "events were not taken within 2 s")


def test_what_is_right_passes_every_check() -> None:
    report = examine("reporter", {"type": "Right"}, plugins=[wrong_reporters])
    assert report.names("failed") == report.names("skipped") == [], str(report)
