"""Recordings that somebody made up, replayed: they do no harm, and write nowhere."""

import io
from pathlib import Path

import pytest

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager
from editgauge.core.hooks.recording import RecordingError
from editgauge.core.replay.choosing import choose
from editgauge.core.replay.player import Player, ReplayResult, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.surroundings import Surroundings
from tests.core.replay.recordings import end, log, start, write
from tests.hostile.texts import SHORT, harm_in


def play(path: Path, *choices: ReporterChoice) -> tuple[ReplayResult, str]:
    plugins = PluginManager()
    plugins.load_entry_points()
    stderr = io.StringIO()
    result = Player(
        find_recording(str(path), path.parent),
        choose(choices, plugins, surroundings=Surroundings()),
        plugins,
        Screen(stderr=stderr, stdout=io.StringIO()),
    ).play()
    return result, stderr.getvalue()


@pytest.mark.parametrize("name", SHORT)
def test_no_text_of_a_recording_does_harm(name: str, tmp_path: Path) -> None:
    text = SHORT[name]
    events = [start(run_dir=f"/{text}/{text}"), log(text), end()]
    path = write(tmp_path / "sent.jsonl", events)
    result, shown = play(
        path,
        ReporterChoice("plain"),
        ReporterChoice("file", {"path": str(tmp_path / "detail.log")}),
    )
    assert (result.exit_code, result.reporter_failures) == (0, ())
    assert harm_in(shown) == []
    assert harm_in((tmp_path / "detail.log").read_text("utf-8")) == []


@pytest.mark.parametrize("place", ["home", "home/.config", "home/../home", "home/~", "nowhere/x"])
def test_no_path_of_a_recording_is_written_to(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".config").mkdir(parents=True)
    (home / "run.json").write_text('{"run_id": "another"}')
    monkeypatch.setenv("HOME", str(home))
    path = write(tmp_path / "sent" / "sent.jsonl", [start(run_dir=str(tmp_path / place)), end()])
    before = sorted(tmp_path.rglob("*"))
    for name in ("file", "events", "html", "tensorboard"):
        with pytest.raises(PluginError, match="lies in no run directory"):
            play(path, ReporterChoice(name))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "LogEmitted", "level": "info", "text": "' + "[" * 100_000,
        "[" * 100_000,
        '{"kind": "StepFinished", "sample": "a", "index": 1e999, "step": 1, "of": 1}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": ' + "9" * 10_000 + "}",
        "\ufeff{}",
        "\x1b[2J",
    ],
    ids=lambda line: line[:40],
)
def test_a_damaged_line_is_an_error_and_nothing_else(line: str, tmp_path: Path) -> None:
    path = write(tmp_path / "sent.jsonl", [start()], rest=f"{line}\n")
    with pytest.raises(RecordingError, match=r"^line 3: ") as caught:
        play(path, ReporterChoice("plain"))
    assert len(str(caught.value)) < 400


def test_times_that_make_no_sense_delay_nothing(tmp_path: Path) -> None:
    events = [start(-5.0), log("a", 1e300), log("b", -1e300), start(1e308), end(0.0)]
    result, shown = play(write(tmp_path / "sent.jsonl", events), ReporterChoice("plain"))
    assert (result.events, result.exit_code) == (5, 0)
    assert {"a", "b"} <= set(shown.splitlines())
