"""The option tables of docs/reporters.md, made from the config models."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.cli.main import main
from editgauge.core.config import ConfigError, config_models
from editgauge.core.config.option_tables import BEGIN, END, marked_names, option_table, renewed
from editgauge.core.hooks.plugin_manager import PluginManager
from tests.test_docs import DOCS, ROOT

PAGE = DOCS / "reporters.md"
SCHEMA = json.loads((ROOT / "config_schemas" / "run.schema.json").read_text("utf-8"))
RENEW = "editgauge config options --renew docs/reporters.md"


class BellConfig(ReporterConfig):
    tone: Literal["high", "low"] | None = None
    """Which bell, `high|low`;
    null: any."""
    times: Annotated[int, Field(ge=1, le=5000)] = 3
    volume: Annotated[float, Field(gt=0, lt=1)]
    names: list[str] = Field(default=["a"])
    loud: bool = False
    either: int | str = 0


class SilentConfig(ReporterConfig):
    """Takes nothing."""


def built_in() -> dict[str, type[BaseModel]]:
    plugins = PluginManager()
    plugins.load_entry_points()
    return dict(config_models(plugins, built_in_only=True)["reporters"])


def test_every_built_in_reporter_has_its_table_once() -> None:
    names = marked_names(PAGE.read_text("utf-8"))
    assert sorted(names) == sorted(built_in()), f"put in {BEGIN!r} and {END!r}, then: {RENEW}"


def test_the_committed_tables_are_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == renewed(page, built_in(), source="docs"), f"renew them with: {RENEW}"


def test_each_table_stands_under_the_heading_of_its_reporter() -> None:
    page = PAGE.read_text("utf-8")
    for name in marked_names(page):
        before = page.partition(BEGIN.format(name=name))[0]
        assert before.rpartition("\n## ")[2].startswith(f"`{name}`\n")


@pytest.mark.parametrize("name", sorted(built_in()))
def test_every_option_of_a_reporter_has_a_meaning_and_stands_in_the_schema(name: str) -> None:
    model = built_in()[name]
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", option_table(model), re.MULTILINE)
    assert [option for option, meaning in rows if meaning.strip()] == list(model.model_fields)
    (reference, *_) = SCHEMA["properties"]["reporters"]["properties"][name]["anyOf"]
    definition = SCHEMA["$defs"][reference["$ref"].rpartition("/")[2]]
    assert list(definition["properties"]) == list(model.model_fields)


def test_a_table_says_values_defaults_and_meaning() -> None:
    assert option_table(BellConfig).splitlines()[2:] == [
        r"| `tone` | `high`, `low` | `null` | Which bell, `high\|low`; null: any. |",
        "| `times` | integer from 1 to 5,000 | `3` |  |",
        "| `volume` | number above 0 below 1 | required |  |",
        "| `names` | list of text | `[a]` |  |",
        "| `loud` | `true`, `false` | `false` |  |",
        "| `either` | integer or text | `0` |  |",
    ]
    assert option_table(SilentConfig) == "It has no options.\n"


def test_renewing_touches_nothing_but_the_tables() -> None:
    page = f"# A\n\n{BEGIN.format(name='silent')}\nold\n{END}\n\nb\n"
    new = renewed(page, {"silent": SilentConfig}, source="page")
    assert new == page.replace("old", "It has no options.")
    with pytest.raises(ConfigError, match="no reporter is called 'silent'"):
        renewed(page, {}, source="page")


def test_the_command_prints_tables_and_renews_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["config", "options", *arguments])
        out, err = capsys.readouterr()
        return int(str(end.value.code)), out, err

    code, out, _ = run("events")
    assert (code, out.splitlines()[0]) == (0, "## `events`")
    assert option_table(built_in()["events"]) in out
    assert out.count("##") == 1
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN.format(name='events')}\n{END}\n")
    assert run("--renew", str(page)) == (0, "", "")
    assert option_table(built_in()["events"]) in page.read_text()
    code, _, err = run("event")
    assert code == 2
    assert "no reporter is called 'event'. Did you mean 'events'?" in err
