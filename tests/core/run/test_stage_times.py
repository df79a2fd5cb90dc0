"""The time of a stage over all starts of a run, and what a killed start does to it."""

from typing import Any

from editgauge.core.run.manifest import begin_stage, end_stage, stage_seconds


def test_the_times_of_all_starts_are_added_up() -> None:
    manifest: dict[str, Any] = {"stages": {}}
    assert stage_seconds(manifest, "edit") is None
    for seconds in (1.5, 2.25):
        begin_stage(manifest, "edit")
        assert stage_seconds(manifest, "edit") is None, "it is under way"
        end_stage(manifest, "edit", samples=3, seconds=seconds)
    assert stage_seconds(manifest, "edit") == 3.75
    assert manifest["stages"]["edit"]["samples"] == 6


def test_a_start_that_was_killed_leaves_a_time_that_is_not_known() -> None:
    manifest: dict[str, Any] = {"stages": {}}
    begin_stage(manifest, "edit")
    end_stage(manifest, "edit", samples=4, seconds=9.0)
    begin_stage(manifest, "score")
    # Killed here; the run is gone on with.
    for stage in ("edit", "score"):
        begin_stage(manifest, stage)
        end_stage(manifest, stage, samples=1, seconds=1.0)
    assert stage_seconds(manifest, "edit") == 10.0
    assert stage_seconds(manifest, "score") is None
