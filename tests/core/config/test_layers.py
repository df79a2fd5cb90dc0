from pathlib import Path
from typing import Any

import pytest

from editgauge.core.config import ConfigError, ResolvedConfig, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.core.config.conftest import PaintConfig

FILE = """
dataset: {type: rows, ids: [a, b]}
seed: 1
edit: {type: paint, steps: 10, workers: {devices: [cpu, cpu], threads: 2}}
reporters: {json: {path: file.jsonl}}
profiles:
  small:
    seed: 2
    edit: {steps: 20, workers: {devices: [cpu]}}
    dataset: {ids: [c]}
    reporters: {json: {level: loud}}
  wiper:
    edit: {type: wipe, cloth: linen}
  none:
    reward: null
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "run.yaml"
    file.write_text(FILE)
    return file


def steps(config: ResolvedConfig) -> int:
    assert isinstance(config.edit, PaintConfig)
    return config.edit.steps


def message(source: Path | dict[str, Any], plugins: PluginManager, **more: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(source, plugins=plugins, **{"environ": {}, **more})
    return str(caught.value)


def test_command_line_beats_environment_beats_profile_beats_file_beats_defaults(
    plugins: PluginManager, path: Path
) -> None:
    environ = {"EDITGAUGE__EDIT__STEPS": "30"}
    assert (
        steps(load_config(path, plugins=plugins, environ={}, overrides=["edit={type: paint}"])) == 8
    )
    assert steps(load_config(path, plugins=plugins, environ={})) == 10
    assert steps(load_config(path, plugins=plugins, environ={}, profile="small")) == 20
    assert steps(load_config(path, plugins=plugins, environ=environ, profile="small")) == 30
    config = load_config(
        path,
        plugins=plugins,
        environ=environ,
        profile="small",
        overrides=["edit.steps=40", "edit.steps=50"],
    )
    assert steps(config) == 50


def test_a_profile_merges_mappings_and_replaces_lists(plugins: PluginManager, path: Path) -> None:
    config = load_config(path, plugins=plugins, environ={}, profile="small")
    assert config.profile == "small"
    assert config.dataset.ids == ["c"]
    assert config.edit.workers.devices == ["cpu"]
    assert config.edit.workers.threads == 2
    assert config.to_plain()["reporters"]["json"] == {"path": "file.jsonl", "level": "loud"}


def test_a_profile_that_changes_the_type_replaces_the_section(
    plugins: PluginManager, path: Path
) -> None:
    config = load_config(path, plugins=plugins, environ={}, profile="wiper")
    assert config.edit.type == "wipe"
    assert config.edit.workers.devices == "auto"


def test_the_profile_of_the_command_line_beats_that_of_the_environment(
    plugins: PluginManager, path: Path
) -> None:
    environ = {"EDITGAUGE_PROFILE": "small"}
    assert load_config(path, plugins=plugins, environ=environ).run.seed == 2
    assert load_config(path, plugins=plugins, environ=environ, profile="wiper").run.seed == 1
    assert load_config(path, plugins=plugins, environ={"EDITGAUGE_PROFILE": ""}).run.seed == 1


def test_environment_variables_set_progress_and_keys(plugins: PluginManager, path: Path) -> None:
    environ = {
        "EDITGAUGE_PROGRESS": "none",
        "EDITGAUGE__EDIT__WORKERS__DEVICES": "[cuda:3]",
        "EDITGAUGE__DATASET__IDS__0": "z",
        "EDITGAUGE_UNRELATED": "x",
    }
    config = load_config(path, plugins=plugins, environ=environ)
    assert config.run.progress == "none"
    assert config.edit.workers.devices == ["cuda:3"]
    assert config.dataset.ids == ["z", "b"]


def test_a_problem_says_which_layer_set_the_value(plugins: PluginManager, path: Path) -> None:
    environ = {"EDITGAUGE__SEED": "much", "EDITGAUGE_PROGRESS": "loud"}
    text = message(path, plugins, environ=environ, overrides=["edit.stepz=1"])
    assert "seed: should be an integer, got 'much'." in text
    assert "[set by EDITGAUGE__SEED]" in text
    assert "[set by EDITGAUGE_PROGRESS]" in text
    assert "Did you mean 'steps'?" in text
    assert "[set by -o edit.stepz]" in text
    profile = {
        "dataset": {"type": "rows"},
        "edit": {"type": "paint"},
        "profiles": {"a": {"seed": -1}},
    }
    assert "[set by profile 'a']" in message(profile, plugins, profile="a")


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["edit.workers.devices.1=cuda:0"], ["cpu", "cuda:0"]),
        (["edit.workers.devices.2=cuda:0"], ["cpu", "cpu", "cuda:0"]),
        (["edit.workers.devices=[[cuda:0, cuda:1]]"], [["cuda:0", "cuda:1"]]),
        (
            ["edit.workers.devices=[[cuda:0]]", "edit.workers.devices.0.1=cuda:1"],
            [["cuda:0", "cuda:1"]],
        ),
    ],
)
def test_overrides_reach_into_lists(
    plugins: PluginManager, path: Path, overrides: list[str], expected: list[Any]
) -> None:
    config = load_config(path, plugins=plugins, environ={}, overrides=overrides)
    assert config.edit.workers.devices == expected


def test_an_override_makes_the_mappings_it_needs(plugins: PluginManager, path: Path) -> None:
    overrides = ["reward.type=judge", "reporters.plain.level=quiet"]
    config = load_config(path, plugins=plugins, environ={}, overrides=overrides)
    assert config.reward is not None
    assert config.to_plain()["reporters"]["plain"]["level"] == "quiet"


def test_an_empty_value_is_null_and_quotes_make_text(plugins: PluginManager, path: Path) -> None:
    config = load_config(
        path, plugins=plugins, environ={}, overrides=["dataset.ids=", "runs_dir='8'"]
    )
    assert config.dataset.ids is None
    assert config.run.runs_dir == "8"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("nokey", "-o: should be KEY=VALUE as in 'edit.steps=8', got one with no '='."),
        ("=5", "-o: should be KEY=VALUE as in 'edit.steps=8', got one with no KEY."),
        ("a..b=1", "a..b: a key should have a name before, between and after its dots"),
        ("profiles.x.seed=1", "profiles.x.seed: profiles are chosen by '--profile NAME'"),
        (
            "edit.steps.x=1",
            (
                "edit.steps.x: 'edit.steps' is 10; it has no keys that could be set. "
                "Set it as a whole. [set by -o edit.steps.x]"
            ),
        ),
        (
            "edit.workers.devices.7=cpu",
            (
                "edit.workers.devices.7: 'edit.workers.devices' is a list; '7' should be a "
                "position from 0 to 2 (the last one appends)."
            ),
        ),
        ("edit.workers.devices.-1=cpu", "'-1' should be a position from 0 to 2"),
        ("edit.workers.devices." + "9" * 5000 + "=cpu", "should be a position from 0 to 2"),
        ("edit.workers.devices.²=cpu", "'²' should be a position from 0 to 2"),
        ("a." * 200 + "b=1", "a key has at most 100 parts, got 201."),
        ("edit.model=[", "-o edit.model: the value should be YAML."),
        ("edit.model=*alias", "-o edit.model: the value should be YAML."),
        ("edit.steps=1e999", "the number is too large"),
    ],
)
def test_an_override_that_cannot_be_set_is_reported(
    plugins: PluginManager, path: Path, override: str, expected: str
) -> None:
    assert expected in message(path, plugins, overrides=[override])


def test_a_value_that_is_no_yaml_in_the_environment_names_the_variable(
    plugins: PluginManager, path: Path
) -> None:
    text = message(path, plugins, environ={"EDITGAUGE__SEED": "{"})
    assert text.startswith("environment: 1 problem")
    assert "EDITGAUGE__SEED: the value should be YAML." in text


def test_an_unknown_profile_names_the_nearest(plugins: PluginManager, path: Path) -> None:
    assert message(path, plugins, profile="smal").endswith(
        "profiles: no profile is called 'smal'. Did you mean 'small'? Known: small, wiper, none, "
        "laptop (built in), ci (built in), production (built in)."
    )


def test_profiles_that_are_not_chosen_are_checked_for_their_keys(plugins: PluginManager) -> None:
    config = {
        "dataset": {"type": "rows"},
        "edit": {"type": "paint"},
        "profiles": {"a": {"sed": 1, "profiles": {}}, "b": 5},
    }
    text = message(config, plugins)
    assert "profiles.a.sed: unknown key. Did you mean 'seed'?" in text
    assert "profiles.a.profiles: a profile has no profiles of its own." in text
    assert "profiles.b: should be a mapping, got 5." in text
    assert "profiles.b: should be a mapping, got 5." in message(config, plugins, profile="b")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the top should be a mapping with the keys 'dataset' and 'edit', got an empty file."),
        (b"[1]", "the top should be a mapping with the keys 'dataset' and 'edit', got a list."),
        (b"a: 1\na: 2", "the key 'a' stands in line 1 already"),
        (b"\xff\xfe\x00", "the file should be UTF-8 text: invalid start byte at byte 0."),
        (b"a: &x 1\nb: *x", "the anchor &x is not accepted"),
    ],
)
def test_a_file_that_is_no_config_is_reported(
    plugins: PluginManager, tmp_path: Path, content: bytes, expected: str
) -> None:
    file = tmp_path / "run.yaml"
    file.write_bytes(content)
    assert expected in message(file, plugins)


def test_a_missing_file_names_the_nearest_one(plugins: PluginManager, path: Path) -> None:
    text = message(path.with_name("rnu.yaml"), plugins)
    assert text.endswith("there is no such file. Did you mean 'run.yaml'?")
    assert "the folder" in message(path.parent / "no" / "run.yaml", plugins)
    assert "the file cannot be read: Is a directory." in message(path.parent, plugins)
