"""Faults around a model of the user's own, in real workers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.config import load_config
from editgauge.core.hooks.events import SampleRetried, StepFinished, WorkerLost
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.models import Config, EditModel, RewardModel, make_config
from editgauge.core.outcomes import ExitCode, ScoreOutcome
from editgauge.core.run.preflight import PreflightError, preflight
from editgauge.plugins.faults.inner import inner_config, inner_model
from editgauge.plugins.faults.pictures import BrightnessJudge, MarkingEdit
from tests.support import plugin
from tests.support.runs import run, run_config


def _around(folder: Path, section: str, **changes: Any) -> dict[str, Any]:
    """Return the config of the test models, one of them inside of `faults`."""
    config = run_config(folder)
    inside = dict(config[section])
    beside = {key: inside.pop(key) for key in ("workers", "batch_size") if key in inside}
    config[section] = {"type": "faults", "of": inside} | beside | changes
    return config


def test_a_model_with_faults_around_it_gives_what_it_gives_alone(tmp_path: Path) -> None:
    alone, _, _ = run(run_config(tmp_path))
    faults = [
        {"do": "kill", "sample": "s1", "at_step": 3},
        {"do": "exit", "sample": "s2"},
        {"do": "print", "megabytes": 0.01, "phase": "load"},
        {"do": "raise", "phase": "shutdown"},
    ]
    config = _around(tmp_path, "edit", faults=faults)
    config["reward"] = _around(tmp_path, "reward", faults=[{"do": "kill", "sample": "s5"}])[
        "reward"
    ]
    result, recorder, _ = run(config)
    assert result.exit_code == 0
    assert sorted(lost.samples[0] for lost in recorder.of(WorkerLost)) == ["s1", "s2", "s5"]
    # Killed at its step, and not before.
    steps = [event.step for event in recorder.of(StepFinished) if event.sample == "s1"]
    assert steps[:3] == [1, 2, 3]
    for with_faults, without in zip(result.results(), alone.results(), strict=True):
        assert with_faults.edit is not None
        assert without.edit is not None
        assert with_faults.edit.image == without.edit.image
        image = str(without.edit.image)
        assert (result.run_dir / image).read_bytes() == (alone.run_dir / image).read_bytes()
        assert with_faults.score is not None
        assert without.score is not None
        assert with_faults.score.reply == without.score.reply
    manifest = json.loads((result.run_dir / "run.json").read_text())
    assert manifest["config"]["edit"]["of"]["type"] == "sleeping"
    # What the model inside says of itself.
    assert manifest["workers"][0]["model"]["device"] == "cpu"


def test_a_judge_that_tells_all_its_replies_at_the_end_meets_faults_at_each(tmp_path: Path) -> None:
    faults = [{"do": "raise", "sample": "s1", "times": None}]
    config = _around(tmp_path, "reward", faults=faults, batch_size=3)
    config["reward"]["of"]["live"] = False
    result, recorder, _ = run(config)
    assert result.score_outcomes == {ScoreOutcome.OK: 5, ScoreOutcome.FAILED: 1}
    assert [event.sample for event in recorder.of(SampleRetried)] == ["s1", "s2"]


def test_the_model_inside_is_tried_before_the_first_stage(tmp_path: Path) -> None:
    config = _around(tmp_path, "edit")
    config["edit"]["of"]["misbehave"] = {"check": "raise"}
    result, _, stderr = run(config)
    assert result.exit_code == ExitCode.USAGE
    assert "told to raise" in stderr


def test_a_class_inside_that_cannot_be_imported_is_found_before_the_first_stage(
    tmp_path: Path,
) -> None:
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    config = load_config(_around(tmp_path, "edit"), plugins=plugins, environ={})
    wrong = replace(config.edit_registration, wraps="tests.support.models:Nothing")
    with pytest.raises(PreflightError, match="has no attribute 'Nothing'"):
        preflight(replace(config, edit_registration=wrong), on_log=lambda _stage, _line: None)


class Unfinished(EditModel):
    def load(self, config: Config, device: str) -> None: ...


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Unfinished", "has no method 'edit'"),
        ("Path", "should be a subclass of editgauge.EditModel"),
        ("pytest", "should be a subclass of editgauge.EditModel"),
    ],
)
def test_a_class_inside_that_is_no_model_is_told(name: str, message: str) -> None:
    config = make_config({"of": {"type": "x"}, "of_target": f"{__name__}:{name}"})
    with pytest.raises(TypeError, match=message):
        inner_model(config, EditModel, MarkingEdit)


def test_the_model_inside_gets_what_it_would_get_alone() -> None:
    config = make_config(
        {
            "type": "faults",
            "faults": [],
            "chance_seed": 0,
            "seconds": None,
            "batch_size": 4,
            "score_by": "logprobs",
            "of": {"type": "mine", "seconds": 3, "faults": "mine, too"},
            "of_target": "some.where:Mine",
        }
    )
    assert inner_config(config).to_dict() == {
        "type": "mine",
        "batch_size": 4,
        "score_by": "logprobs",
        "seconds": 3,
        "faults": "mine, too",
    }


def test_a_judge_is_no_editor() -> None:
    target = "editgauge.plugins.faults.pictures:BrightnessJudge"
    config = make_config({"of": {"type": "x"}, "of_target": target})
    with pytest.raises(TypeError, match=r"subclass of editgauge\.EditModel"):
        inner_model(config, EditModel, MarkingEdit)
    assert inner_model(config, RewardModel, BrightnessJudge) is BrightnessJudge
