"""The end of a run names what its reporters made to be looked at."""

import io
from pathlib import Path

import pytest

from editgauge.core.config import ReporterChoice, load_config
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.run.runner import run_resolved
from tests.support import plugin, runs


@pytest.mark.parametrize(
    ("progress", "choices", "said"),
    [
        ("plain", None, True),
        ("none", None, False),
        ("none", [ReporterChoice("html")], True),
        ("none", [ReporterChoice("html"), ReporterChoice("json")], False),
    ],
)
def test_it_is_named_where_people_read(
    tmp_path: Path, progress: str, choices: list[ReporterChoice] | None, *, said: bool
) -> None:
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    config = runs.run_config(
        tmp_path, reward=None, progress=progress, reporters={} if choices else {"html": {}}
    )
    stderr = io.StringIO()
    result = run_resolved(
        load_config(config, plugins=plugins, environ={}, reporters=choices),
        plugins,
        stderr=stderr,
        stdout=io.StringIO(),
    )
    line = f"editgauge: to look at: {result.run_dir / 'report' / 'index.html'}\n"
    assert stderr.getvalue().endswith(line) is said
    assert (line in stderr.getvalue()) is said
