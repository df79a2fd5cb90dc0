"""docs/editors.md shows configs that work and names everything that the models know."""

import re
from pathlib import Path

import pytest

from editgauge.core.config import load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.yaml_loading import load_yaml
from editgauge.plugins.pillow_edit.instructions import read_instruction
from editgauge.plugins.pillow_edit.operations import OPERATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "editors.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_there_is_an_example_for_every_model() -> None:
    table = re.findall(r"^\| `([\w-]+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE)
    shown = [load_yaml(text, source="docs/editors.md")["edit"]["type"] for text in EXAMPLES]
    assert set(table) == set(shown)
    assert all(f"\n## `{name}`\n" in PAGE for name in table)


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_a_good_config(text: str) -> None:
    plugins = PluginManager()
    plugins.load_entry_points()
    config = load_yaml(text, source="docs/editors.md")
    config["dataset"] = {"type": "folder", "path": "pictures", "instruction": "make it red"}
    load_config(config, plugins=plugins, environ={})


def test_every_operation_and_wording_shown_is_one_that_pillow_knows() -> None:
    section = PAGE.partition("\n## `pillow`\n")[2].partition("\n## ")[0]
    shown = set()
    for row in re.findall(r"^\| (`.+?) \| (.*?) \|", section, re.MULTILINE):
        names = re.findall(r"`(.+?)`", row[0])
        shown |= set(names)
        for wording in re.findall(r"`(.+?)`", row[1]):
            (found,) = read_instruction(wording)
            assert found in names
    assert shown == set(OPERATIONS)
