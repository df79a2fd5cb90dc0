"""Recordings of earlier versions, which every later one must read and replay."""

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.events import FORMAT_MAJOR, FORMAT_MINOR, RunFinished, RunStarted
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.recording import read_recording
from editgauge.core.hooks.schema import events_schema
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.player import Player, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.surroundings import Surroundings
from tests.reporters.screens_of import Terminal
from tests.reporters.test_live_is_replayed import FILES, SCREENS

RECORDINGS = sorted((Path(__file__).parent / "recordings").glob("*.jsonl"))


def test_there_is_a_recording_of_every_format_so_far() -> None:
    kept = {path.name for path in RECORDINGS}
    assert kept >= {f"format-{FORMAT_MAJOR}.{minor}.jsonl" for minor in range(FORMAT_MINOR + 1)}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_it_says_which_format_it_has(path: Path) -> None:
    header = json.loads(path.read_text("utf-8").partition("\n")[0])
    assert path.stem == f"format-{header['major']}.{header['minor']}"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_it_is_read_whole(path: Path) -> None:
    events = list(read_recording(path))
    assert len(events) == path.read_bytes().count(b"\n") - 1
    kinds = {type(event).__name__ for event in events}
    assert kinds >= {"WorkerLost", "SampleRetried", "StepFinished", "LogEmitted", "BatchFinished"}
    assert [event.resumed for event in events if isinstance(event, RunStarted)] == [False, True]
    ends = [event for event in events if isinstance(event, RunFinished)]
    assert [end.exit_code for end in ends] == [100, 100]
    first, second = (end.figures for end in ends)
    assert first is not None
    assert second is not None
    assert (first.samples, first.scored, second.scored) == (5, 3, 4)
    assert second.minimum is not None
    assert second.minimum <= second.mean <= second.maximum  # type: ignore[operator]  # not None
    assert [entry.category for entry in ends[-1].categories] == ["physical", "文化"]


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_line_is_what_the_schema_says(path: Path) -> None:
    validator = jsonschema.Draft202012Validator(events_schema())
    for line in path.read_text("utf-8").splitlines():
        validator.validate(json.loads(line))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", sorted({*FILES, *SCREENS}))
def test_every_reporter_takes_it(path: Path, name: str, tmp_path: Path) -> None:
    plugins = PluginManager()
    plugins.load_entry_points()
    terminal = Terminal(80, 24)
    options: dict[str, Any] = {} if name in SCREENS else {"path": str(tmp_path / "out")}
    terminal_is = Surroundings(terminal=name == "tqdm")
    result = Player(
        find_recording(str(path), tmp_path),
        choose([ReporterChoice(name, options)], plugins, surroundings=terminal_is),
        plugins,
        Screen(stderr=terminal, stdout=io.StringIO(), interactive=name == "tqdm"),
    ).play()
    assert result.reporter_failures == ()
    assert (result.exit_code, result.finished, result.starts) == (0, True, 2)
    shown = "\n".join(terminal.everything())
    if name in SCREENS:
        assert "9.50" in shown
        assert "4 of 5 scored" in shown
    else:
        assert list((tmp_path / "out").rglob("*")) or (tmp_path / "out").stat().st_size > 0
