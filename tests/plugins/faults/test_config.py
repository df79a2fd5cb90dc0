"""What the configuration of faults refuses before anything starts, and in which words."""

import re
from pathlib import Path
from typing import Any

import pytest

from editgauge import ConfigError
from editgauge.core.config import ResolvedConfig, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.yaml_loading import load_yaml
from tests.support.runs import run_config


def _load(folder: Path, **sections: Any) -> ResolvedConfig:
    plugins = PluginManager()
    plugins.load_entry_points()
    config = run_config(folder)
    config["edit"] = {"type": "faults", "workers": {"devices": ["cpu", "cpu"]}}
    config["reward"] = None
    for name, section in sections.items():
        config[name] = {"type": "faults", "workers": {"devices": ["cpu", "cpu"]}} | section
    return load_config(config, plugins=plugins, environ={})


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"do": "raise", "phase": "score"},
            "edit.faults.0.phase: should be 'load', 'edit' or 'shutdown', got 'score'",
        ),
        (
            {"do": "raise", "phase": "load", "sample": "s1"},
            "edit.faults.0: a fault with 'phase: load' belongs to no sample",
        ),
        (
            {"do": "raise", "phase": "shutdown", "sample": "s1"},
            "edit.faults.0: a fault with 'phase: shutdown' belongs to no sample",
        ),
        ({"do": "kill", "signal": "SIGKIL"}, "got 'SIGKIL'. Did you mean 'SIGKILL'?"),
        # It ends no process.
        ({"do": "kill", "signal": "SIGCHLD"}, "got 'SIGCHLD'."),
        ({"do": "explode"}, "edit.faults.0.do: should be 'raise', 'exit'"),
        ({"do": "raise", "signal": "SIGTERM"}, "'signal' goes with 'do: kill', not with 'raise'"),
        ({"do": "stop", "seconds": 1.0}, "'seconds' goes with 'do: hang or hang_in_c'"),
        ({"do": "exit", "code": 256}, "edit.faults.0.code: should be less than or equal to 255"),
        ({"do": "raise", "phase": "load", "at_step": 1}, "'at_step' goes with 'phase: edit'"),
        ({"do": "raise", "chance": 0}, "edit.faults.0.chance: should be greater than 0"),
        ({"do": "raise", "times": 0}, "edit.faults.0.times: should be greater than or equal to 1"),
        ({"do": "raise", "worker": "score-0"}, "edit.faults.0.worker: string should match"),
        (
            {"do": "raise", "worker": "edit-2"},
            "names the worker 'edit-2', but 'workers.devices' makes 2: 'edit-0' to 'edit-1'",
        ),
        # No worker is called so, so nothing would ever happen.
        ({"do": "raise", "worker": "edit-00"}, "edit.faults.0.worker: string should match"),
        ({"do": "raise", "worker": "edit-\u0661"}, "edit.faults.0.worker: string should match"),
        ({"do": "raise", "smaple": "s1"}, "unknown key. Did you mean 'sample'?"),
    ],
)
def test_a_fault_that_cannot_happen_is_refused(
    tmp_path: Path, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, edit={"faults": [fault]})
    (problem,) = refused.value.problems
    assert message in f"{problem.path}: {problem.message}"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"do": "raise", "phase": "edit"},
            "reward.faults.0.phase: should be 'load', 'score' or 'shutdown', got 'edit'",
        ),
        ({"do": "raise", "at_step": 1}, "reward.faults.0.at_step: unknown key"),
        ({"do": "raise", "worker": "edit-0"}, "reward.faults.0.worker: string should match"),
    ],
)
def test_faults_of_judges_have_phases_and_workers_of_their_own(
    tmp_path: Path, fault: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        _load(tmp_path, reward={"faults": [fault]})
    (problem,) = refused.value.problems
    assert message in f"{problem.path}: {problem.message}"


def test_a_fault_happens_once_unless_it_is_left_to_chance(tmp_path: Path) -> None:
    faults = [
        {"do": "kill"},
        {"do": "kill", "chance": 0.03},
        {"do": "kill", "chance": 0.03, "times": 5},
        {"do": "kill", "times": None},
    ]
    plain = _load(tmp_path, edit={"faults": faults}).to_plain()
    assert [fault["times"] for fault in plain["edit"]["faults"]] == [1, None, 5, None]
    # What the manifest says can be read again and means the same.
    again = _load(tmp_path, edit=plain["edit"]).to_plain()
    assert again["edit"] == plain["edit"]


def test_the_examples_of_the_documentation_are_good_configs() -> None:
    plugins = PluginManager()
    plugins.load_entry_points()
    page = Path(__file__).parents[3] / "docs" / "faults.md"
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        config = {"dataset": {"type": "folder", "path": "x"}} | load_yaml(block, source=str(page))
        assert load_config(config, plugins=plugins, environ={}).edit.type == "faults"
