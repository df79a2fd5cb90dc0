"""Several reporters on one bus, and the plugin that registers them."""

import io
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import (
    EventsConfig,
    FileConfig,
    JsonConfig,
    PlainConfig,
    TqdmConfig,
)
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import RunEvent
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.recording import read_events
from editgauge.reporters import plugin
from editgauge.reporters.detail_file import FileReporter
from editgauge.reporters.event_recording import EventsReporter
from editgauge.reporters.json_log import JsonReporter
from editgauge.reporters.plain_lines import PlainReporter
from editgauge.reporters.tqdm_bars import TqdmReporter
from tests.reporters.contexts import make_context
from tests.reporters.screens_of import Terminal
from tests.reporters.script import RUN_ID, Clock, play, whole_run

NAMES = [
    "events",
    "file",
    "github",
    "html",
    "json",
    "junit",
    "mlflow",
    "plain",
    "tensorboard",
    "tqdm",
]


class _Broken:
    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        raise RuntimeError(f"cannot bear {type(event).__name__}")


def _wait_for_text(path: Path, text: str) -> None:
    """Return when a file holds a text; the broken reporter's thread has its own time."""
    deadline = time.monotonic() + 30.0
    while text not in path.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, f"{text!r} did not come"
        time.sleep(0.005)


def test_all_reporters_at_once_and_a_broken_one_do_not_disturb_each_other(tmp_path: Path) -> None:
    terminal, clock = Terminal(200, 40), Clock()
    context = replace(
        make_context(stderr=terminal, run_dir=tmp_path, clock=clock), size=lambda: terminal.size
    )
    plugins = PluginManager()
    plugins.register(TqdmReporter(TqdmConfig(), context), "tqdm")
    plugins.register(_Broken(), "broken")
    plugins.register(PlainReporter(PlainConfig(path="{run_dir}/plain.log"), context), "plain")
    plugins.register(JsonReporter(JsonConfig(path="{run_dir}/json.log"), context), "json")
    plugins.register(FileReporter(FileConfig(), context), "file")
    plugins.register(EventsReporter(EventsConfig(), context), "events")
    bus = Bus(plugins, run_id=RUN_ID, clock=clock)
    for event in whole_run():
        clock.now = event.elapsed
        bus.emit(event)
        if event.seq == 1:
            _wait_for_text(tmp_path / "plain.log", "The reporter 'broken' failed in run_event")
    assert bus.close(30.0) == []
    assert [failure.reporter for failure in bus.failures] == ["broken"]

    alone = io.StringIO()
    play(
        PlainReporter(PlainConfig(), make_context(stderr=alone, run_dir=tmp_path)),
        whole_run(),
        Clock(),
    )
    written = (tmp_path / "plain.log").read_text(encoding="utf-8").splitlines()
    told = [line for line in written if not line.startswith("The reporter 'broken' failed")]
    assert told == alone.getvalue().splitlines()
    closing = told[told.index("Run finished: 4 samples in 50 s, exit code 100") :]
    assert terminal.everything()[-len(closing) :] == closing
    lines = (tmp_path / "json.log").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["event"] for line in lines]
    expected = [type(event).__name__ for event in whole_run()]
    assert sorted(kinds) == sorted([*expected, "ReporterFailed"])
    assert "│ the boat is untouched." in (tmp_path / "detail.log").read_text(encoding="utf-8")
    with (tmp_path / "events.jsonl").open(encoding="utf-8", newline="\n") as file:
        assert [type(event).__name__ for event in read_events(file)] == kinds


def test_every_built_in_reporter_is_registered_and_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where these two write by default is the affair of their surroundings.
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlflow").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    plugins = PluginManager()
    plugins.register(plugin, "reporters")
    assert plugins.names("reporter") == NAMES
    for registration in plugins.registrations("reporter"):
        config = registration.load_config_model()()
        reporter = registration.load_target()(config, make_context(run_dir=tmp_path))
        play(reporter, whole_run(), Clock())
        if hasattr(reporter, "close"):
            reporter.close()


def test_listing_them_imports_none_of_their_libraries() -> None:
    code = (
        "import sys, editgauge.reporters.plugin;"
        "print([name for name in ('tqdm', 'structlog', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
