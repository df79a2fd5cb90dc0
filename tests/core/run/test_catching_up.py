"""What a reporter missed is in the recording, and the end of a run says how to get it."""

import io
import json
import shlex
from pathlib import Path

import pytest

import editgauge
from editgauge.core.cli.main import main
from editgauge.core.config import (
    ChosenReporter,
    ReporterChanges,
    ReporterChoice,
    load_config,
)
from editgauge.core.hooks.bus import Failure
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.replay.choosing import choose
from editgauge.core.run.ending import say_last_words
from editgauge.core.run.result import RunResult
from editgauge.core.run.runner import run_resolved
from editgauge.core.surroundings import Surroundings
from tests.support import plugin, runs


def chosen(*choices: ReporterChoice) -> tuple[ChosenReporter, ...]:
    plugins = PluginManager()
    plugins.load_entry_points()
    return choose(choices, plugins, surroundings=Surroundings(terminal=True))


def last_words(failed: list[str], reporters: tuple[ChosenReporter, ...]) -> str:
    result = RunResult(
        status=RunStatus.FINISHED,
        exit_code=ExitCode.OK,
        run_dir=Path("/runs/one of mine"),
        samples=1,
        edit_outcomes={},
        score_outcomes={},
        figures=None,
        categories=(),
        seconds=1.0,
        reporter_failures=tuple(Failure(reporter=name, hook="x", error="e") for name in failed),
    )
    stream = io.StringIO()
    say_last_words(result, stream, shown=True, reporters=reporters)
    return stream.getvalue()


EVENTS, JSON = ReporterChoice("events"), ReporterChoice("json", {"path": "log.jsonl"})


def test_the_command_names_the_run_and_who_missed_something() -> None:
    reporters = chosen(EVENTS, JSON, ReporterChoice("tqdm"), ReporterChoice("file"))
    said = last_words(["json", "tqdm", "python:Watcher"], reporters)
    command = "editgauge replay '/runs/one of mine' -r json:FILE -r tqdm\n"
    assert said.endswith(f"what they missed is in the recording: {command}")


def test_a_recording_kept_elsewhere_has_no_path_that_could_be_wrong() -> None:
    elsewhere = ReporterChoice("events", {"path": "logs/{run_id}.jsonl"})
    assert "editgauge replay RECORDING -r json:FILE" in last_words(
        ["json"], chosen(elsewhere, JSON)
    )


@pytest.mark.parametrize(
    ("failed", "reporters"),
    [
        (["json"], (JSON,)),
        (["json", "events"], (EVENTS, JSON)),
        (["python:Watcher"], (EVENTS, JSON)),
        ([], (EVENTS, JSON)),
    ],
    ids=["no recording", "incomplete recording", "no reporter of ours", "nothing missed"],
)
def test_no_command_where_none_would_help(
    failed: list[str], reporters: tuple[ReporterChoice, ...]
) -> None:
    assert "editgauge replay" not in last_words(failed, chosen(*reporters))


def test_the_command_gives_what_was_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = runs.run_config(
        tmp_path, reward=None, reporters={"events": {}, "plain": {}, "json": {"path": "/dev/full"}}
    )
    result, recorder, said = runs.run(config)
    assert [failure.reporter for failure in result.reporter_failures] == ["json"]
    *_, command = (line for line in said.splitlines() if "editgauge replay" in line)
    words = shlex.split(command.rpartition("recording: editgauge ")[2])
    path = tmp_path / "caught-up.jsonl"
    with pytest.raises(SystemExit) as end:
        main([word.replace("FILE", str(path)) for word in words])
    assert end.value.code == 0
    assert capsys.readouterr().err == ""
    told = [json.loads(line)["seq"] for line in path.read_text("utf-8").splitlines()]
    assert told == [event.seq for event in recorder.events]


def test_from_python_too(tmp_path: Path) -> None:
    config = runs.run_config(tmp_path, reward=None, reporters={"events": {}})
    live, recorder, _ = runs.run(config)
    again = runs.Recorder()
    result = editgauge.replay(live.run_dir, reporters=[again])
    assert again.events == recorder.events
    assert (result.finished, result.exit_code, result.run_dir) == (True, 0, live.run_dir)
    with pytest.raises(editgauge.RecordingError, match="not a recording"):
        editgauge.replay(live.run_dir / "results.jsonl", reporters=[])
    with pytest.raises(TypeError, match="should be a list"):
        editgauge.replay(live.run_dir, reporters="plain")
    with pytest.raises(editgauge.ConfigError, match="a number above 0"):
        editgauge.replay(live.run_dir, reporters=[], speed=-1)


def test_lines_on_the_terminal_and_in_a_file_are_two_reporters(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    plugins = PluginManager()
    plugins.load_entry_points()
    plugins.register(plugin, "tests")
    config = load_config(
        runs.run_config(tmp_path, reward=None, progress="plain"),
        plugins=plugins,
        environ={},
        changes=ReporterChanges(added=[ReporterChoice("plain", {"path": str(path)})]),
    )
    stderr = io.StringIO()
    result = run_resolved(config, plugins, stderr=stderr, stdout=io.StringIO())
    assert result.reporter_failures == ()
    assert stderr.getvalue() == path.read_text("utf-8")
