"""A model within a model: resolved like the section itself, with what both share standing once."""

from typing import Annotated, Any

import pytest
from pydantic import SecretStr

from editgauge import EditModelConfig, Register, RewardModelConfig, RubricConfig, hookimpl
from editgauge.config_schemas.schema import run_schema
from editgauge.core.config import (
    ConfigError,
    ResolvedConfig,
    config_models,
    load_config,
    plain_with_secrets,
)
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.preflight import model_config


class OnlineConfig(EditModelConfig):
    key: SecretStr
    steps: int = 8
    sizes: Annotated[tuple[int, int], "any"] = (1, 2)


class MetricConfig(RewardModelConfig):
    batch_size: int = 16
    rubric: RubricConfig | str = RubricConfig(name="change", prompt="?", maximum=1.0)


class OwnOfConfig(EditModelConfig):
    of: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it


class Models:
    @hookimpl
    def register_edit_models(self, register: Register) -> None:
        register("online", target="some.where:Online", config=OnlineConfig)
        register("own-of", target="some.where:OwnOf", config=OwnOfConfig)

    @hookimpl
    def register_reward_models(self, register: Register) -> None:
        register("metric", target="another.place:Metric", config=MetricConfig)


def _plugins() -> PluginManager:
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(Models(), "models")
    return plugins


def _load(edit: dict[str, Any], reward: dict[str, Any] | None = None) -> ResolvedConfig:
    config = {"dataset": {"type": "folder", "path": "x"}, "edit": edit, "reward": reward}
    return load_config(config, plugins=_plugins(), environ={})


def _problems(edit: dict[str, Any], reward: dict[str, Any] | None = None) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        _load(edit, reward)
    found = refused.value.problems
    assert len({problem.path for problem in found}) == len(found)
    return {problem.path: problem.message for problem in found}


ONLINE = {"type": "online", "key": "hunter2"}


def test_the_model_inside_has_its_defaults_and_secrets_are_shown_to_workers_only() -> None:
    config = _load({"type": "faults", "of": ONLINE})
    inside = {"type": "online", "key": "**********", "steps": 8, "sizes": [1, 2]}
    assert config.to_plain()["edit"]["of"] == inside
    assert plain_with_secrets(config.edit)["of"] == inside | {"key": "hunter2"}
    assert config.secrets() == ("hunter2",)


def test_a_worker_is_told_both_classes() -> None:
    config = _load({"type": "faults", "of": ONLINE})
    told = model_config(config.edit, config.edit_registration)
    assert told["of_target"] == "some.where:Online"
    assert "workers" not in told
    assert "workers" not in told["of"]
    alone = _load({"type": "faults"})
    assert "of_target" not in model_config(alone.edit, alone.edit_registration)


def test_what_every_model_has_stands_beside_and_defaults_to_that_of_the_model_inside() -> None:
    reward = {"type": "faults", "of": {"type": "metric"}}
    config = _load(ONLINE, reward)
    assert config.reward is not None
    assert config.reward.batch_size == 16
    assert isinstance(config.reward.rubric, RubricConfig)
    assert config.reward.rubric.name == "change"
    config = _load(ONLINE, reward | {"batch_size": 2, "workers": {"devices": ["cpu"]}})
    assert config.reward is not None
    assert config.reward.batch_size == 2
    assert config.reward.workers.devices == ["cpu"]
    # Read again, the record means the same.
    plain = config.to_plain()["reward"]
    assert _load(ONLINE, plain).to_plain()["reward"] == plain


def test_what_stands_beside_is_refused_inside() -> None:
    inside = {"type": "metric", "workers": {"devices": ["cpu"]}, "batch_size": 3}
    assert _problems(ONLINE, {"type": "faults", "of": inside}) == {
        "reward.of.workers": "belongs beside 'of', as reward.workers.",
        "reward.of.batch_size": "belongs beside 'of', as reward.batch_size.",
    }


@pytest.mark.parametrize(
    ("edit", "path", "message"),
    [
        ({"of": {"type": "onlin"}}, "edit.of.type", "Did you mean 'online'?"),
        ({"of": {"key": "x"}}, "edit.of.type", "missing. Known edit models: "),
        ({"of": {"type": 3}}, "edit.of.type", "should be a string, got 3."),
        ({"of": "online"}, "edit.of", "should be a mapping, got 'online'."),
        ({"of": ONLINE | {"stepz": 1}}, "edit.of.stepz", "Did you mean 'steps'?"),
        ({"of": ONLINE | {"steps": "1"}}, "edit.of.steps", "should be an integer"),
        ({"of": {"type": "online", "key": 31}}, "edit.of.key", "a value that is kept secret"),
        ({"of": ONLINE, "workers": {"devices": []}}, "edit.workers", "at least one entry"),
        ({"of": ONLINE, "workers": 3}, "edit.workers", "should be a mapping, got 3."),
        ({"of": ONLINE, "steps": 3}, "edit", "'steps' is for the light model"),
        ({"of": {"type": "faults", "of": ONLINE}}, "edit.of.of", "holds no other one"),
        ({"of": ONLINE, "faults": [{"do": "explode"}]}, "edit.faults.0.do", "should be 'raise'"),
    ],
)
def test_a_problem_is_told_once_and_where_it_can_be_mended(
    edit: dict[str, Any], path: str, message: str
) -> None:
    problems = _problems({"type": "faults"} | edit)
    assert list(problems) == [path]
    assert message in problems[path]


def test_a_key_of_another_plugin_that_is_called_of_is_its_own() -> None:
    config = _load({"type": "own-of", "of": {"type": "online", "any": "thing"}})
    assert config.to_plain()["edit"]["of"] == {"type": "online", "any": "thing"}
    assert config.edit_registration.wraps == ""


def test_the_schema_lets_any_model_stand_inside() -> None:
    definitions = run_schema(**config_models(_plugins()))["$defs"]
    (inside, nothing) = definitions["FaultyEditConfig"]["properties"]["of"]["anyOf"]
    assert nothing == {"type": "null"}
    names = [
        branch["properties"]["type"]["const"]
        for branch in definitions[inside["$ref"].rsplit("/", 1)[1]]["oneOf"]
    ]
    assert names == _plugins().names("edit model")
