"""The registration of the built-in datasets."""

import importlib
import subprocess
import sys

import pytest

from editgauge.config_schemas.datasets import DatasetConfig
from editgauge.core.datasets import Dataset
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.plugins.datasets import plugin


@pytest.mark.parametrize("name", ["jsonl", "folder", "re-edit"])
def test_what_is_registered_can_be_imported(name: str) -> None:
    plugins = PluginManager()
    plugins.register(plugin, "datasets")
    registration = plugins.find("dataset", name)
    found = []
    for place in (registration.target, registration.config):
        module, _, attribute = place.partition(":")
        found.append(getattr(importlib.import_module(module), attribute))
    assert issubclass(found[0], Dataset)
    assert issubclass(found[1], DatasetConfig)
    assert registration.summary


def test_importing_the_plugin_imports_neither_pydantic_nor_pillow() -> None:
    code = (
        "import sys, editgauge.plugins.datasets.plugin; "
        "print({'pydantic', 'PIL', 'ijson'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
