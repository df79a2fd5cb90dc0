"""Planted faults of edit models: each is found by the check that is meant for it."""

import pytest

from editgauge.core.conformance.api import checks_of, examine
from editgauge.core.conformance.checks import ConformanceReport
from tests.testing import wrong_edit_models, wrong_heavy
from tests.testing.planted import (
    CPU,
    NEEDED,
    Fault,
    Reports,
    assert_found,
    examine_for,
    name_of,
)

FAULTS: list[Fault] = [
    ("FailingToLoad", "starts", "there is no model.safetensors"),
    ("MisspeltTarget", "starts", "wrong_edit_models' does not have. Did you mean 'Right'?"),
    ("WithoutEdit", "starts", "wrong_edit_models:WithoutEdit has no method 'edit'"),
    ("RenamedFile", "starts", "the package 'wrong_modles' of a registered model cannot be found"),
    ("CountingOnCheck", "starts", "`load` raised RuntimeError: no files: was check called?"),
    ("LoadingInCheck", "check-without-loading", "`check` calls `load`"),
    ("FingerprintOfTime", "stable-fingerprint", "different texts for the same files"),
    ("DescribingByObject", "plain-description", "'dtype' is builtins.object"),
    ("FailingToEdit", "edits", "NotImplementedError: to be written"),
    ("ReturningNothing", "edits", "should return a PIL image, not NoneType"),
    ("Grey", "image-mode", "mode 'L'; expected RGB or RGBA"),
    ("EvenSizesOnly", "image-sizes", "65 x 43 pixels failed: ValueError"),
    ("SwappedSides", "orientation", "a wide source became a picture of 64 x 96"),
    ("StepsFromZero", "steps", "expected steps 1 to 3, got 0, 1, 2"),
    ("StepsThatStopShort", "steps", "expected steps 1 to 3, got 1, 2"),
    ("ChangingTotal", "steps", "`of` changed from 3 to 2"),
    ("Remembering", "same-seed", "gave another picture"),
    ("SmallSeedsOnly", "large-seed", "4294967303 failed: ValueError: Seed must be"),
    ("Inventing", "failed-request", "gave a picture all the same"),
    ("UpsetByFailure", "failed-request", "gave another picture than before"),
    ("DyingOfFailure", "failed-request", "ended the worker"),
    ("SeededByProcess", "another-worker", "a second worker made another picture"),
    ("PaintingOnTheSource", "unchanged-inputs", "the images of the request 'first' were changed"),
    ("FailingToClose", "ends", "`close` raised RuntimeError: the server would not stop"),
    ("OpenConfig", "unknown-keys", "OpenConfig accepts the unknown key"),
    ("LaxConfig", "wrong-types", "LaxConfig.steps is int and accepts '8'"),
    ("SilentConfig", "documented-keys", "SilentConfig.strength has no docstring"),
]


MENDS = {
    "MisspeltTarget": "let `target` of `register` be 'module:Class'",
    "WithoutEdit": "with every method that the class needs",
    "RenamedFile": "let `target` of `register` be 'module:Class'",
    "ReturningNothing": "let `edit` return a PIL image",
}
"""What is said to be done where it is not what the check says otherwise."""


def report_of(tried: Fault) -> ConformanceReport:
    model, check, _ = tried
    return examine_for(check, "edit model", {"type": model, "workers": CPU}, wrong_edit_models)


@pytest.mark.parametrize("tried", FAULTS, ids=name_of)
def test_the_check_that_is_meant_for_it_finds_it(tried: Fault, reports: Reports) -> None:
    _, check, said = tried
    assert_found(reports[tried].result(), check, said)
    if tried[0] in MENDS:
        assert MENDS[tried[0]] in reports[tried].result().findings[0].check.mend


def test_pictures_are_not_compared_where_the_same_seed_gives_others() -> None:
    comparing = {"orientation", "same-seed", "failed-request", "another-worker", *NEEDED}
    skip = [check.name for check in checks_of("edit model") if check.name not in comparing]
    config = {"type": "Unseeded", "workers": CPU}
    report = examine("edit model", config, plugins=[wrong_edit_models], skip=skip)
    assert_found(report, "same-seed", "gave another picture: values differ by up to")
    why = "the same seed gives other pictures"
    skipped = [result.check.name for result in report.results if result.why_skipped == why]
    assert skipped == ["orientation", "failed-request", "another-worker"]


def test_a_missing_summary_is_advice_and_no_fault() -> None:
    skip = [check.name for check in checks_of("edit model") if check.name != "summary"]
    report = examine("edit model", {"type": "NoSummary"}, plugins=[wrong_edit_models], skip=skip)
    assert report.names("passed") == ["summary"]
    assert report.findings == ()
    (advice,) = report.advice
    assert "has no `summary`" in advice.message
    assert f"advice, {advice}" in str(report)


def test_steps_that_come_late_are_found() -> None:
    config = {"type": "LateSteps", "workers": CPU}
    report = examine("edit model", config, plugins=[wrong_edit_models])
    assert_found(report, "late-calls", "`on_step(3, 3)` was called after `edit` had returned")


def test_what_is_written_to_the_channel_is_found() -> None:
    config = {"type": "WritingToTheChannel", "workers": CPU}
    report = examine_for("channel", "edit model", config, wrong_edit_models)
    assert report.names("failed") == ["edits", "channel"]
    assert "something else was written to the channel" in str(report)


def test_what_a_plugin_does_while_it_is_imported_is_found() -> None:
    names = ["light-parent", "quiet-import"]
    skip = [check.name for check in checks_of("edit model") if check.name not in names]
    report = examine("edit model", {"type": "heavy"}, plugins=[wrong_heavy], skip=skip)
    assert report.names("failed") == names
    assert [finding.message for finding in report.findings] == [
        "importing and registering the plugin imports numpy, so every command waits for it",
        "prints while it is imported: 'counting to 8'",
    ]


@pytest.mark.parametrize("model", ["Right", "ReturningTheClosedSource", "Chatty"])
def test_what_is_right_passes_every_check(model: str) -> None:
    config = {"type": model, "workers": CPU}
    report = examine("edit model", config, plugins=[wrong_edit_models])
    assert report.names("failed") == report.names("skipped") == [], str(report)
