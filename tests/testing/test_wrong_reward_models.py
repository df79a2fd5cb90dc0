"""Planted faults of reward models: each is found by the check that is meant for it."""

import pytest

from editgauge.core.conformance.api import examine
from editgauge.core.conformance.checks import ConformanceReport
from tests.testing import wrong_reward_models
from tests.testing.planted import CPU, Fault, Reports, assert_found, examine_for, name_of

FAULTS: list[Fault] = [
    ("OneShort", "number-of-replies", "3 requests got 2 replies"),
    ("GivingAGenerator", "number-of-replies", "should return a list of replies, got tuple"),
    ("Reversed", "order-of-replies", "in another order, requests got other replies"),
    ("ReturnedInReverse", "order-of-replies", "at positions 0, 2: `on_reply(0, ...)` was told"),
    ("Mixing", "batch-or-single", "in a batch and alone: scores"),
    ("Silent", "early-replies", "`on_reply` was never called"),
    ("TellingByIndex", "early-replies", "position 3 of a batch of 3"),
    ("TellingTwice", "early-replies", "`on_reply` was called 2 times for one request"),
    ("TellingSomethingElse", "early-replies", "and `score` returned"),
    ("OutOfRange", "score-range", "is not within 0 to 10, the range of the rubric 'general'"),
    ("WithoutNumber", "score-range", "the value nan"),
    ("Lenient", "failed-request", "images that cannot be read got the reply"),
    ("Upset", "failed-request", "after a failed batch: scores"),
    ("DrawingOnImages", "unchanged-inputs", "were changed"),
]


def report_of(tried: Fault) -> ConformanceReport:
    model, check, _ = tried
    return examine_for(check, "reward model", {"type": model, "workers": CPU}, wrong_reward_models)


@pytest.mark.parametrize("tried", FAULTS, ids=name_of)
def test_the_check_that_is_meant_for_it_finds_it(tried: Fault, reports: Reports) -> None:
    _, check, said = tried
    assert_found(reports[tried].result(), check, said)


def test_replies_that_come_late_are_found() -> None:
    config = {"type": "LateReply", "workers": CPU}
    report = examine("reward model", config, plugins=[wrong_reward_models])
    assert_found(report, "late-calls", "`on_reply(0, ...)` was called after `score` had returned")


@pytest.mark.parametrize("model", ["Right", "Writing"])
def test_what_is_right_passes_every_check(model: str) -> None:
    config = {"type": model, "workers": CPU}
    report = examine("reward model", config, plugins=[wrong_reward_models])
    assert report.names("failed") == report.names("skipped") == [], str(report)


def test_a_tolerance_lets_scores_differ() -> None:
    config = {"type": "Mixing", "workers": CPU}
    report = examine_for(
        "batch-or-single", "reward model", config, wrong_reward_models, tolerance=2
    )
    assert report.names("failed") == []
