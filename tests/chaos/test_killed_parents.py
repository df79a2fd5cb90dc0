"""The process of a run is killed (`kill -9`) again and again, and the run is gone on with.

Few times in the ordinary tests; EDITGAUGE_CHAOS says how many (`make chaos`: 200).
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.disturbed_runs import (
    Disturbed,
    Kill,
    Undisturbed,
    chaos_config,
    kills_of_tests,
    luck_of,
)


def _draw(luck: random.Random, undisturbed: Undisturbed) -> Kill:
    """Return a moment within the life of a run, uniform over its time or over its events."""
    if luck.random() < 0.5:
        return Kill(seconds=luck.uniform(0, undisturbed.seconds))
    return Kill(events=luck.randint(1, undisturbed.events))


@pytest.mark.parametrize(("number", "wanted"), list(enumerate(kills_of_tests())))
def test_runs_that_are_killed_come_to_the_same_results(
    number: int,
    wanted: int,
    tmp_path: Path,
    undisturbed: Undisturbed,
    record_property: Callable[[str, object], None],
) -> None:
    luck = luck_of(number)
    kills = runs = resumes = 0
    while kills < wanted:
        folder = tmp_path / str(runs)
        run, exit_code = Disturbed(folder, chaos_config(folder, undisturbed.dataset)), -1
        runs += 1
        # Several in a row, as a machine does that has trouble.
        while exit_code != 0:
            peace = kills >= wanted or luck.random() < 0.08
            resumes += run.run_dir is not None
            exit_code = run.run_until(Kill() if peace else _draw(luck, undisturbed))
            kills += exit_code != 0
        run.check_no_row_is_double()
        run.check_equals(undisturbed)
        for phase in run.phases:
            record_property("chaos phase of parents", phase)
    record_property("chaos kills of parents", kills)
    record_property("chaos runs with killed parents", runs)
    record_property("chaos resumes", resumes)


@pytest.mark.parametrize(("number", "wanted"), list(enumerate(kills_of_tests(share=4))))
def test_runs_that_are_killed_while_they_do_failed_samples_again_lose_nothing(
    number: int,
    wanted: int,
    tmp_path: Path,
    undisturbed: Undisturbed,
    record_property: Callable[[str, object], None],
) -> None:
    luck = luck_of(number)
    kills = runs = resumes = 0
    while kills < wanted:
        folder = tmp_path / str(runs)
        config = chaos_config(folder, undisturbed.dataset)
        config["edit"]["misbehave"] = {"s0": "raise", "s3": "raise"}
        run, exit_code = Disturbed(folder, config, retry_failed=True), -1
        assert run.run_until(Kill(), may_fail=True) == 100
        run.config_path.write_text(json.dumps(chaos_config(folder, undisturbed.dataset)))
        runs += 1
        while exit_code != 0:
            peace = kills >= wanted or luck.random() < 0.08
            exit_code = run.run_until(Kill() if peace else _draw(luck, undisturbed))
            resumes += 1
            kills += exit_code != 0
        run.check_no_row_is_double()
        run.check_equals(undisturbed)
    record_property("chaos kills of parents that retry", kills)
    record_property("chaos resumes", resumes)
