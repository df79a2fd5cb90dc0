"""A session's configuration: a section, a whole run's, or its file; checked as a run's is."""

from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.core.sessions.opened import NO_PAUSE, picture, seed_in
from tests.support import plugin

RUN: dict[str, Any] = {
    "dataset": {"type": "jsonl", "path": "none.jsonl"},
    "edit": {"type": "sleeping"},
    "reward": {"type": "counting"},
}


def problems_of_a_run(config: dict[str, Any]) -> str:
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    with pytest.raises(editgauge.ConfigError) as caught:
        load_config(config, plugins=plugins, environ={})
    return str(caught.value)


@pytest.mark.parametrize(
    "section",
    [
        {"type": "sleeping", "steps": "many", "workers": {"device": "cpu"}},
        {"type": "sleping"},
        {"steps": 4},
        {"type": 7},
    ],
)
def test_what_is_wrong_with_a_section_is_said_in_the_words_of_a_run(
    section: dict[str, Any],
) -> None:
    expected = problems_of_a_run(RUN | {"edit": section})
    for config in (section, {"edit": section}):
        if "type" not in section and config is section:
            continue
        with pytest.raises(editgauge.ConfigError) as caught:
            editgauge.open_edit_model(config, plugins=[plugin])
        assert str(caught.value) == expected


def test_a_reward_section_has_its_own_words() -> None:
    section = {"type": "counting", "score_by": "dice", "batch_size": 0}
    with pytest.raises(editgauge.ConfigError) as caught:
        editgauge.open_reward_model(section, plugins=[plugin])
    assert str(caught.value) == problems_of_a_run(RUN | {"reward": section})
    with pytest.raises(editgauge.RubricError, match="there is no rubric 'generl'"):
        editgauge.open_reward_model({"type": "counting", "rubric": "generl"}, plugins=[plugin])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"dataset": {}}, r"edit\.type: missing"),
        ({"edit": None}, r"edit: missing: there is no edit model to open"),
        ({"edit": "sleeping"}, r"edit: should be a mapping with the key 'type'"),
        ("none.yaml", "there is no such file"),
    ],
)
def test_a_missing_section_is_named(config: Any, message: str) -> None:
    with pytest.raises(editgauge.ConfigError, match=message):
        editgauge.open_edit_model(config, plugins=[plugin])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"reporters": ["tqmd"]}, editgauge.ConfigError, "tqmd"),
        ({"reporters": "plain"}, TypeError, r"'reporters' should be a list, as in \['plain'\]"),
        ({"overrides": "edit.steps=3"}, TypeError, "'overrides' should be a list"),
        ({"overrides": ["edit.steps=x"]}, editgauge.ConfigError, r"set by -o edit\.steps"),
        ({"reporters": [7]}, TypeError, "should be a name"),
        ({"seed": -1}, ValueError, "'seed' should be from 0"),
        ({"profile": "nightly"}, editgauge.ConfigError, "nightly"),
    ],
)
def test_wrong_options_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        editgauge.open_edit_model({"type": "sleeping"}, **{"plugins": [plugin]} | options)


def test_a_file_of_a_run_is_taken_with_its_seed_profiles_and_overrides(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(
        "seed: 7\n"
        "edit: {type: sleeping, steps: many}\n"
        f"profiles: {{quick: {{edit: {{steps: 1, folder: {tmp_path}, workers: {NO_PAUSE}}}}}}}\n"
    )
    with pytest.raises(editgauge.ConfigError, match=r"run\.yaml.*\n.*edit\.steps"):
        editgauge.open_edit_model(path, plugins=[plugin])
    with editgauge.open_edit_model(
        path, plugins=[plugin], profile="quick", overrides=["edit.step_seconds=0.0"]
    ) as editor:
        assert [seed_in(result) for result in editor.edit([picture()] * 2, "x")] == [7, 8]
