"""docs/config.md and docs/reporters.md name everything that can be written."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.config_schemas.run import RunConfig
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.config import config_models, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.outcomes import ExitCode
from editgauge.core.yaml_loading import load_yaml

DOCS = Path(__file__).parents[2] / "docs"


def built_in_plugins() -> PluginManager:
    plugins = PluginManager()
    plugins.load_entry_points()
    return plugins


def models() -> list[type[BaseModel]]:
    found = config_models(built_in_plugins(), built_in_only=True)
    return [
        RunConfig,
        WorkersConfig,
        RubricConfig,
        *(model for section in found.values() for model in section.values()),
    ]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
def test_every_key_is_documented(model: type[BaseModel]) -> None:
    page = "reporters.md" if issubclass(model, ReporterConfig) else "config.md"
    documented = set(re.findall(r"^\| `(\w+)`", (DOCS / page).read_text(), flags=re.MULTILINE))
    assert set(model.model_fields) - documented == set()


def test_every_type_is_documented() -> None:
    text = (DOCS / "config.md").read_text()
    found = config_models(built_in_plugins(), built_in_only=True)
    for section in ("datasets", "edit_models", "reward_models"):
        for name in found[section]:
            assert f"`type: {name}`" in text


def test_every_exit_code_is_documented() -> None:
    table = (DOCS / "config.md").read_text().partition("## Exit codes")[2].partition("\n## ")[0]
    documented = {int(number) for number in re.findall(r"\b\d+\b", table)}
    assert {int(code) for code in ExitCode} <= documented


def test_the_example_is_a_good_config() -> None:
    text = (DOCS / "config.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    config = load_config(
        load_yaml(text, source="docs/config.md"),
        plugins=built_in_plugins(),
        profile="production",
        environ={},
    )
    assert [chosen.registration.name for chosen in config.reporters] == ["json", "file"]
