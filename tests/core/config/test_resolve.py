import json
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.config import ConfigError, ResolvedConfig, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.core.config.conftest import PaintConfig

BASE: dict[str, Any] = {"dataset": {"type": "rows"}, "edit": {"type": "paint"}}


def load(plugins: PluginManager, *overrides: str, **more: Any) -> ResolvedConfig:
    environ = more.pop("environ", {})
    return load_config(BASE, plugins=plugins, overrides=overrides, environ=environ, **more)


def problems(plugins: PluginManager, *overrides: str, **more: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(plugins, *overrides, **more)
    return [str(problem) for problem in caught.value.problems]


def problems_of(plugins: PluginManager, config: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(config, plugins=plugins, environ={})
    return [str(problem) for problem in caught.value.problems]


def test_a_minimal_config_gets_every_default(plugins: PluginManager) -> None:
    config = load(plugins)
    assert isinstance(config.edit, PaintConfig)
    assert (config.edit.steps, config.run.seed, config.reward) == (8, 42, None)
    assert config.edit_registration.plugin == "small"
    assert config.source == "configuration"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("edit.steps=many", "edit.steps: should be an integer, got 'many'. (Denoising steps.)"),
        ("edit.steps='8'", "edit.steps: should be an integer, got '8'. (Denoising steps.)"),
        ("edit.steps=true", "edit.steps: should be an integer, got true. (Denoising steps.)"),
        ("edit.steps=1.5", "edit.steps: should be an integer, got 1.5. (Denoising steps.)"),
        ("edit.steps=", "edit.steps: should be an integer, got null. (Denoising steps.)"),
        (
            "edit.steps=0",
            "edit.steps: should be greater than or equal to 1, got 0. (Denoising steps.)",
        ),
        ("edit.strength=[]", "edit.strength: should be a number, got an empty list."),
        ("edit.sizes=[1, x]", "edit.sizes.1: should be an integer, got 'x'."),
        (
            "edit.workers.devices=cpux",
            "edit.workers.devices: should be 'auto' or a list, got 'cpux'.",
        ),
        (
            "edit.workers.devices=[cpu, [cuda:0, cuda:x]]",
            (
                "edit.workers.devices.1.1: a device is 'cpu', 'mps' or 'cuda:N' with N from 0, "
                "not 'cuda:x'."
            ),
        ),
        (
            "edit.workers.devices=[5]",
            "edit.workers.devices.0: should be a string or a list, got 5.",
        ),
        (
            "edit.workers={python: a, conda_env: b}",
            "edit.workers: give 'python' or 'conda_env', not both.",
        ),
        ("edit.workers=5", "edit.workers: should be a mapping, got 5. (Where the model runs.)"),
        (
            "edit.type=pain",
            (
                "edit.type: no edit model is called 'pain'. Did you mean 'paint'? Known: "
                "lost-config, paint, plain-model, raising, wipe, wrong-config."
            ),
        ),
        (
            "edit.type=[paint]",
            (
                "edit.type: should be a string, got a list. Known edit models: "
                "lost-config, paint, plain-model, raising, wipe, wrong-config."
            ),
        ),
        (
            "edit.type=lost-config",
            (
                "edit.type: plugin 'small' registers the edit model 'lost-config' as "
                "'not_there.at_all:Config', which cannot be imported: "
                "ModuleNotFoundError: No module named 'not_there'"
            ),
        ),
        (
            "edit.type=raising",
            "edit: the plugin's check failed: KeyError: 'a bug in a plugin'",
        ),
        (
            "reward={type: judge, rubric: {promt: x}}",
            "reward.rubric.prompt: missing. (",
        ),
        (
            "reward={type: judge, rubric: 5}",
            "reward.rubric: should be a string or a mapping, got 5. (",
        ),
        (
            "reward={type: judge, rubrics: {a: {prompt: x, images: [sauce]}}}",
            (
                "reward.rubrics.a.images.0: should be 'source' or 'edited', got 'sauce'. "
                "Did you mean 'source'?"
            ),
        ),
        ("reward=yes", "reward: should be a mapping, got 'yes'."),
        ("name=a b", "name: string should match pattern '^[A-Za-z0-9_-]{1,48}$', got 'a b'."),
        ("seed=-1", "seed: should be greater than or equal to 0, got -1."),
        (
            "progress=bar",
            (
                "progress: should be 'auto', 'bars', 'plain', 'quiet' or 'none', got 'bar'. "
                "Did you mean 'bars'?"
            ),
        ),
        ("reporters=[tqdm]", "reporters: should be a mapping, got a list."),
        (
            "reporters.jsn=",
            (
                "reporters.jsn: no reporter is called 'jsn'. Did you mean 'json'? "
                "Known: bell, json, plain, tqdm."
            ),
        ),
        ("reporters.json=3", "reporters.json: should be a mapping or false, got 3."),
        (
            "reporters.json.pth=x",
            "reporters.json.pth: unknown key. Did you mean 'path'? Known: path, level.",
        ),
        ("dataset.ids=[]", "dataset.ids: list should have at least 1 item after validation, not 0"),
    ],
)
def test_a_wrong_value_is_reported_with_path_and_expectation(
    plugins: PluginManager, override: str, expected: str
) -> None:
    first = problems(plugins, override)[0]
    assert first.startswith(expected)
    if not expected.startswith("edit: "):
        assert first.endswith(f"[set by -o {override.partition('=')[0]}]")


def test_unknown_keys_name_the_nearest_known_one_at_every_level(plugins: PluginManager) -> None:
    found = problems_of(
        plugins,
        {
            "dataset": {"type": "rows", "limt": 1},
            "edit": {"type": "paint", "stepz": 1, "workers": {"device": "cpu"}},
            "sed": 3,
        },
    )
    assert found[0].startswith("sed: unknown key. Did you mean 'seed'? Known: name, dataset, edit")
    assert found[1].startswith("dataset.limt: unknown key. Did you mean 'limit'? Known: type, cat")
    assert found[2:] == [
        (
            "edit.workers.device: unknown key. Did you mean 'devices'? Known: devices, python, "
            "conda_env, threads, pass_env, env, start_timeout, request_timeout, max_restarts, "
            "restart_pause, parallel_loads."
        ),
        (
            "edit.stepz: unknown key. Did you mean 'steps'? Known: type, workers, steps, strength, "
            "key, keys, sizes, where."
        ),
    ]


def test_all_problems_are_reported_at_once(plugins: PluginManager) -> None:
    found = problems(
        plugins,
        "seed=x",
        "dataset.type=row",
        "edit.steps=x",
        "reward.type=jury",
        "reporters.jsn=",
    )
    assert [line.split(":")[0] for line in found] == [
        "seed",
        "dataset.type",
        "edit.steps",
        "reward.type",
        "reporters.jsn",
    ]


def test_the_text_of_the_error_lists_every_problem(plugins: PluginManager) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({"edit": {"type": "paint", "steps": 0}}, plugins=plugins, environ={})
    assert str(caught.value) == (
        "configuration: 2 problems in the configuration\n"
        "  dataset: missing. (What is edited; `type` names a registered dataset.)\n"
        "  edit.steps: should be greater than or equal to 1, got 0. (Denoising steps.)"
    )


def test_a_section_without_type_names_what_there_is(plugins: PluginManager) -> None:
    found = problems_of(plugins, {"dataset": {}, "edit": {"type": "paint"}})
    assert found == ["dataset.type: missing. Known datasets: rows."]


def test_a_config_model_of_another_kind_is_the_plugins_fault(plugins: PluginManager) -> None:
    (found,) = problems(plugins, "edit.type=wrong-config")
    assert "plugin 'small' is wrong" in found
    assert "should be a subclass of EditModelConfig" in found


def test_a_model_without_a_config_model_has_the_common_keys(plugins: PluginManager) -> None:
    assert load(plugins, "edit.type=plain-model").edit.workers.devices == "auto"
    (found,) = problems(plugins, "edit.type=plain-model", "edit.steps=1")
    assert found.startswith("edit.steps: unknown key. Known: type, workers.")


def test_lists_and_text_become_tuples_and_paths(plugins: PluginManager) -> None:
    edit = load(plugins, "edit.sizes=[3, 4]", "edit.where=a/b", "edit.strength=1").edit
    assert isinstance(edit, PaintConfig)
    assert (edit.sizes, edit.where, edit.strength) == ((3, 4), Path("a/b"), 1.0)


def test_a_broken_and_a_disabled_plugin_are_named(plugins: PluginManager) -> None:
    from editgauge.core.hooks.plugin_manager import PluginInfo

    for info in (
        PluginInfo(
            name="oils", package="", version="", state="broken", error="ImportError: no oil"
        ),
        PluginInfo(name="chalk", package="", version="", state="disabled"),
    ):
        plugins.plugins[info.name] = info
    (found,) = problems(plugins, "edit.type=oil")
    assert "Plugin 'oils' could not be loaded (ImportError: no oil)." in found
    assert "Plugin 'chalk' is disabled." in found


def test_a_wrong_secret_is_not_shown(plugins: PluginManager) -> None:
    found = problems(plugins, "edit.key=12345", "edit.keys={a: 67890}")
    assert found == [
        "edit.key: should be a string, got a value that is kept secret. [set by -o edit.key]",
        "edit.keys.a: should be a string, got a value that is kept secret. [set by -o edit.keys]",
    ]


def test_the_plain_form_masks_secrets_fills_defaults_and_is_json(plugins: PluginManager) -> None:
    config = load(plugins, "edit.key=hush", "edit.keys={a: whisper}", "reporters.json.path=x")
    plain = config.to_plain()
    text = json.dumps(plain)
    assert "hush" not in text
    assert "whisper" not in text
    assert plain["edit"]["key"] == "**********"
    assert plain["edit"]["workers"]["max_restarts"] == 3
    assert plain["reporters"] == {
        "plain": {"path": None, "level": "normal"},
        "json": {"path": "x", "level": "normal"},
    }
    assert "profiles" not in plain


def test_python_values_that_are_no_plain_data_are_refused(plugins: PluginManager) -> None:
    assert problems_of(plugins, {"edit": {"a": [{1: 2}]}}) == [
        "edit.a.0: keys should be text, got 1."
    ]
    assert problems_of(plugins, {"edit": {"a": object}}) == [
        "edit.a: should be plain data, got <class 'object'> (type)."
    ]
    assert problems_of(plugins, {"seed": float("nan")}) == [
        "seed: should be plain data, got nan (float)."
    ]
    assert problems_of(plugins, {"name": "\udc80"}) == [
        "name: should be text that UTF-8 can hold, got '\\udc80'."
    ]
    endless: dict[str, Any] = {}
    endless["edit"] = endless
    assert problems_of(plugins, endless) == [
        "edit.edit.edit: nested deeper than 100 levels, or in itself."
    ]


def test_python_paths_and_tuples_are_accepted(plugins: PluginManager) -> None:
    config = load_config(
        {
            "dataset": {"type": "rows"},
            "edit": {"type": "paint", "where": Path("x"), "sizes": (1, 2)},
        },
        plugins=plugins,
        environ={},
    )
    assert isinstance(config.edit, PaintConfig)
    assert (config.edit.where, config.edit.sizes) == (Path("x"), (1, 2))
