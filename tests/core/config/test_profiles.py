"""Profiles that inherit, and those that come with editgauge."""

from typing import Any

import pytest

from editgauge.core.config import ConfigError, ResolvedConfig, load_config
from editgauge.core.config.built_in_profiles import BUILT_IN_PROFILES
from editgauge.core.config.merging import leaf_paths
from editgauge.core.hooks.plugin_manager import PluginManager

BASE: dict[str, Any] = {"dataset": {"type": "rows"}, "edit": {"type": "paint", "steps": 1}}


def load(
    plugins: PluginManager, profiles: dict[str, Any], profile: str | None, **more: Any
) -> ResolvedConfig:
    config = BASE | {"profiles": profiles}
    return load_config(config, plugins=plugins, profile=profile, environ={}, **more)


def problems(plugins: PluginManager, profiles: dict[str, Any], profile: str | None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(plugins, profiles, profile)
    return [str(problem) for problem in caught.value.problems]


def all_built_in() -> PluginManager:
    plugins = PluginManager()
    plugins.load_entry_points()
    return plugins


FAMILY: dict[str, Any] = {
    "base": {"seed": 1, "name": "base", "edit": {"steps": 2, "strength": 2.0}},
    "middle": {"inherits": "base", "name": "middle", "edit": {"steps": 3}},
    "top": {"inherits": "middle", "edit": {"steps": 4}},
}


def test_a_profile_is_merged_over_the_one_it_inherits_from(plugins: PluginManager) -> None:
    plain = load(plugins, FAMILY, "top").to_plain()
    assert (plain["seed"], plain["name"]) == (1, "middle")
    assert (plain["edit"]["steps"], plain["edit"]["strength"]) == (4, 2.0)


def test_a_type_that_a_profile_changes_drops_what_it_inherited(plugins: PluginManager) -> None:
    family = FAMILY | {"wiper": {"inherits": "top", "edit": {"type": "wipe", "cloth": "dry"}}}
    plain = load(plugins, family, "wiper").to_plain()
    assert (plain["edit"]["type"], plain["edit"]["cloth"]) == ("wipe", "dry")
    assert "steps" not in plain["edit"]


@pytest.mark.parametrize("chosen", ["a", "b", "c", None])
def test_a_circle_is_told_once_wherever_it_is_entered(
    plugins: PluginManager, chosen: str | None
) -> None:
    circle = {"a": {"inherits": "b"}, "b": {"inherits": "a"}, "c": {"inherits": "b"}}
    assert problems(plugins, circle, chosen) == [
        "profiles.b.inherits: the profiles inherit from each other: a → b → a."
    ]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ({"inherits": "bas"}, "profiles.x.inherits: no profile is called 'bas'. Did you mean 'b"),
        ({"inherits": "x"}, "profiles.x.inherits: the profile inherits from itself; name "),
        ({"inherits": ["base"]}, "profiles.x.inherits: should be the name of a profile, got a li"),
        ({"inherit": "base"}, "profiles.x.inherit: unknown key. Did you mean 'inherits'?"),
    ],
)
@pytest.mark.parametrize("chosen", ["x", None])
def test_a_wrong_parent_is_told_whether_the_profile_is_chosen_or_not(
    plugins: PluginManager, profile: dict[str, Any], expected: str, chosen: str | None
) -> None:
    found = problems(plugins, FAMILY | {"x": profile}, chosen)
    assert found[0].startswith(expected)


def test_the_beginning_of_a_name_is_enough_for_a_guess(plugins: PluginManager) -> None:
    (found,) = problems(plugins, {"mine": {}}, "prod")
    assert found == (
        "profiles: no profile is called 'prod'. Did you mean 'production'? "
        "Known: mine, laptop (built in), ci (built in), production (built in)."
    )


def test_inherits_belongs_into_profiles_only(plugins: PluginManager) -> None:
    with pytest.raises(ConfigError, match="inherits: unknown key"):
        load_config(BASE | {"inherits": "base"}, plugins=plugins, environ={})


@pytest.mark.parametrize("name", BUILT_IN_PROFILES)
@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": "true"}], ids=["here", "github"])
def test_every_built_in_profile_goes_with_every_config(name: str, environ: dict[str, str]) -> None:
    config = {"dataset": {"type": "jsonl", "path": "x.jsonl"}, "edit": {"type": "faults"}}
    resolved = load_config(config, plugins=all_built_in(), profile=name, environ=environ)
    expected = set(BUILT_IN_PROFILES[name].keys_under(environ)["reporters"]) | {"plain"}
    assert {found.registration.name for found in resolved.reporters} == expected


@pytest.mark.parametrize("name", BUILT_IN_PROFILES)
def test_every_key_of_a_built_in_profile_has_a_reason(name: str) -> None:
    profile = BUILT_IN_PROFILES[name]
    keys = {*leaf_paths(profile.keys), *leaf_paths(profile.on_github)} - {""}
    assert set(profile.reasons) == keys


def test_a_profile_of_the_file_replaces_the_built_in_one_of_its_name(
    plugins: PluginManager,
) -> None:
    profiles = {"production": {"progress": "none", "reporters": {"bell": {}}}}
    config = load(plugins, profiles, "production")
    assert [found.registration.name for found in config.reporters] == ["bell"]


def test_it_may_inherit_from_that_one_by_its_own_name() -> None:
    config = {
        "dataset": {"type": "jsonl", "path": "x.jsonl"},
        "edit": {"type": "faults"},
        "profiles": {
            "production": {"inherits": "production", "reporters": {"file": False}},
            "night": {"inherits": "production", "reporters": {"json": {"path": "night.jsonl"}}},
        },
    }
    resolved = load_config(config, plugins=all_built_in(), profile="night", environ={})
    plain = resolved.to_plain()["reporters"]
    assert list(plain) == ["plain", "json", "events"]
    assert plain["json"]["path"] == "night.jsonl"
    assert plain["json"]["steps"] is False


def test_a_problem_in_an_inherited_key_names_the_profile_that_set_it(
    plugins: PluginManager,
) -> None:
    wrong = {"a": {"seed": -1}, "b": {"inherits": "a", "name": "x"}}
    (found,) = problems(plugins, wrong, "b")
    assert found.endswith(" [set by profile 'a']")


def test_an_override_of_one_run_changes_no_profile_for_the_next() -> None:
    config = {"dataset": {"type": "jsonl", "path": "x.jsonl"}, "edit": {"type": "faults"}}
    before = repr(BUILT_IN_PROFILES)
    load_config(
        config,
        plugins=all_built_in(),
        profile="production",
        environ={"GITHUB_ACTIONS": "true"},
        overrides=["reporters.json.path=x.jsonl", "reporters.events.path=e.jsonl"],
    )
    assert repr(BUILT_IN_PROFILES) == before
