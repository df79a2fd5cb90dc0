from typing import Any

import pytest

from editgauge.core.config import ConfigError, ReporterChoice, load_config
from editgauge.core.hooks.plugin_manager import PluginManager

BASE: dict[str, Any] = {
    "dataset": {"type": "rows"},
    "edit": {"type": "paint"},
    "reporters": {"json": {"path": "a.jsonl"}, "tqdm": {"detail": "full"}, "bell": None},
}


def chosen(plugins: PluginManager, *choices: str, **more: Any) -> dict[str, dict[str, Any]]:
    config = load_config(
        BASE,
        plugins=plugins,
        environ=more.pop("environ", {}),
        reporters=[ReporterChoice.parse(text) for text in choices] or None,
        **more,
    )
    return {one.registration.name: one.config.model_dump() for one in config.reporters}


def problems(plugins: PluginManager, *choices: str, **more: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        chosen(plugins, *choices, **more)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("progress", "interactive", "environ", "expected"),
    [
        ("auto", True, {}, ["tqdm", "json", "bell"]),
        ("auto", False, {}, ["plain", "json", "bell"]),
        ("auto", True, {"CI": "true"}, ["plain", "json", "bell"]),
        ("auto", True, {"CI": "false"}, ["tqdm", "json", "bell"]),
        ("bars", True, {}, ["tqdm", "json", "bell"]),
        ("bars", True, {"CI": "1"}, ["tqdm", "json", "bell"]),
        ("plain", True, {}, ["plain", "json", "bell"]),
        ("quiet", True, {}, ["plain", "json", "bell"]),
        ("none", True, {}, ["json", "bell"]),
    ],
)
def test_progress_chooses_what_the_terminal_shows(
    plugins: PluginManager,
    progress: str,
    interactive: bool,
    environ: dict[str, str],
    expected: list[str],
) -> None:
    overrides = [f"progress={progress}"]
    found = chosen(plugins, interactive=interactive, environ=environ, overrides=overrides)
    assert list(found) == expected


def test_options_of_the_config_apply_to_what_progress_chose(plugins: PluginManager) -> None:
    assert chosen(plugins, interactive=True)["tqdm"] == {"detail": "full"}


def test_quiet_is_plain_lines_with_that_level_over_the_configs_options(
    plugins: PluginManager,
) -> None:
    overrides = ["progress=quiet", "reporters.plain={path: x, level: normal}"]
    assert chosen(plugins, overrides=overrides)["plain"] == {"path": "x", "level": "quiet"}


def test_bars_without_a_terminal_are_an_error_and_auto_is_not(plugins: PluginManager) -> None:
    assert problems(plugins, overrides=["progress=bars"]) == [
        (
            "progress: bars need a terminal on stderr; use 'plain', or 'auto' to take what fits. "
            "[set by -o progress]"
        )
    ]
    assert problems(plugins, "tqdm")[0].startswith("-r tqdm: bars need a terminal on stderr")


def test_choices_replace_everything_and_keep_the_configs_options(plugins: PluginManager) -> None:
    assert chosen(plugins, "json") == {"json": {"path": "a.jsonl", "level": "normal"}}
    assert chosen(plugins, "json:b:c.jsonl", "bell") == {
        "json": {"path": "b:c.jsonl", "level": "normal"},
        "bell": {},
    }


def test_no_reporters_is_a_choice_too(plugins: PluginManager) -> None:
    config = load_config(BASE, plugins=plugins, environ={}, reporters=[])
    assert config.reporters == ()


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (["jsn"], "-r jsn: no reporter is called 'jsn'. Did you mean 'json'?"),
        (["bell:x"], "-r bell: this reporter writes no file; leave the path out, got 'x'."),
        (["json", "json:b"], "-r json: a reporter can be chosen once."),
        (["plain", "tqdm"], "-r plain: would write through the bars; give it a file"),
    ],
)
def test_a_wrong_choice_is_reported(
    plugins: PluginManager, choices: list[str], expected: str
) -> None:
    assert problems(plugins, *choices, interactive=True)[0].startswith(expected)


def test_lines_in_a_file_go_with_bars(plugins: PluginManager) -> None:
    assert list(chosen(plugins, "plain:x.log", "tqdm", interactive=True)) == ["plain", "tqdm"]


def test_auto_without_built_in_reporters_shows_nothing() -> None:
    from tests.core.config.conftest import Plugin

    class Quiet(Plugin):
        register_reporters = None  # type: ignore[assignment]  # takes the hook away

    manager = PluginManager()
    manager.register(Quiet(), "quiet")
    config = load_config(
        {"dataset": {"type": "rows"}, "edit": {"type": "paint"}}, plugins=manager, environ={}
    )
    assert config.reporters == ()


def test_bars_and_lines_of_others_on_stderr_contradict_each_other(plugins: PluginManager) -> None:
    config = {**BASE, "progress": "bars", "reporters": {"json": None}}
    with pytest.raises(ConfigError) as caught:
        load_config(config, plugins=plugins, environ={}, interactive=True)
    assert [str(problem) for problem in caught.value.problems] == [
        "reporters.json: would write to stderr, through the bars; give it a 'path'."
    ]


def test_auto_leaves_stderr_to_a_reporter_that_writes_there(plugins: PluginManager) -> None:
    config = {**BASE, "reporters": {"json": None}}
    resolved = load_config(config, plugins=plugins, environ={}, interactive=True)
    assert [found.registration.name for found in resolved.reporters] == ["json"]
