"""The reporter `json`."""

import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import structlog

from editgauge.config_schemas.reporters import JsonConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event, event_to_dict
from editgauge.reporters.json_log import JsonReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play, whole_run
from tests.reporters.test_lines import CONTROL, NEW_KINDS


def _write(stream: list[Event], *, to: io.TextIOBase | None = None, **options: object) -> list[str]:
    stderr = to or io.StringIO()
    reporter = JsonReporter(
        JsonConfig.model_validate(options), make_context(stderr=stderr, interactive=False)
    )
    play(reporter, stream, Clock())
    reporter.close()
    return stderr.getvalue().splitlines() if isinstance(stderr, io.StringIO) else []


def _levels(lines: list[str]) -> list[str]:
    return [json.loads(line)["level"] for line in lines]


def test_every_line_holds_every_field_of_its_event() -> None:
    lines = _write(whole_run())
    assert len(lines) == len(whole_run())
    for line, event in zip(lines, whole_run(), strict=True):
        data: dict[str, Any] = json.loads(line)
        assert list(data)[:3] == ["timestamp", "level", "event"]
        assert data["event"] == type(event).__name__
        assert data["timestamp"] == event.time
        expected = json.loads(json.dumps(event_to_dict(event)))
        assert {name: data[name] for name in expected} == expected


def test_levels_tell_failures_from_the_rest() -> None:
    for line in _write(whole_run()):
        data = json.loads(line)
        if data["event"] == "SampleFinished":
            assert data["level"] == ("info" if data["outcome"] == "ok" else "error")
        if data["event"] == "StepFinished":
            assert data["level"] == "debug"
        if data["event"] in ("WorkerLost", "SampleRetried"):
            assert data["level"] == "warning"
        if data["event"] == "RunFinished":
            assert data["level"] == "error"


def test_level_steps_and_scopes_choose_what_is_written() -> None:
    everything = _write(whole_run())
    errors = _write(whole_run(), level="error")
    assert errors == [line for line in everything if json.loads(line)["level"] == "error"]
    assert "debug" not in _levels(_write(whole_run(), level="info"))
    kinds = {json.loads(line)["event"] for line in _write(whole_run(), steps=False)}
    assert "StepFinished" not in kinds
    assert "PhaseProgressed" in kinds
    kinds = {json.loads(line)["event"] for line in _write(whole_run(), scopes=["batch"])}
    assert kinds == {"BatchStarted", "BatchFinished"}


def test_nothing_in_a_line_can_move_a_cursor_and_the_text_survives() -> None:
    text = "\x1b[2J\x7f\x9b2J\u202e\u2028\n\t\0 画像 \ud800"
    event = events.LogEmitted(level="info", text=text)
    line = _write([event])[0]
    assert not CONTROL.search(line)
    assert json.loads(line)["text"] == text
    assert "画像" in _write([events.LogEmitted(level="info", text="画像")])[0]
    assert not CONTROL.search("".join(_write(whole_run())))


def test_streams_of_another_encoding_get_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    _write([events.LogEmitted(level="info", text="画像 🛶")], to=stream)
    assert json.loads(raw.getvalue().decode("ascii"))["text"] == "画像 🛶"


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_json_has_not_does_not_silence_the_reporter(number: float) -> None:
    line = _write([events.WorkerReady(stage="edit", seconds=number)])[0]
    assert json.loads(line)["seconds"] == str(number)


def test_kinds_of_other_plugins_are_written_too() -> None:
    kinds = [json.loads(line)["event"] for line in _write(NEW_KINDS)]
    assert kinds == ["_NewRun", "_NewBatch", "_NewSample", "_NewStep"]


def test_a_file_is_appended_to_and_its_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "events.json"
    for _ in range(2):
        assert not _write(whole_run(), path=str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2 * len(whole_run())
    assert all(json.loads(line) for line in lines)


def test_each_line_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.json"
    reporter = JsonReporter(JsonConfig(path=str(path)), make_context())
    for number, event in enumerate(whole_run()[:3], start=1):
        play(reporter, [event], Clock())
        assert path.read_text(encoding="utf-8").count("\n") == number
    reporter.close()


def test_stdout_is_used_when_asked_for() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    context = make_context(stderr=stderr, stdout=stdout)
    play(JsonReporter(JsonConfig(stream="stdout"), context), whole_run(), Clock())
    assert stdout.getvalue().count("\n") == len(whole_run())
    assert stderr.getvalue() == ""


def test_a_path_given_on_the_command_line_wins_over_a_configured_stream(tmp_path: Path) -> None:
    stdout = io.StringIO()
    config = JsonConfig(stream="stdout", path=str(tmp_path / "json.log"))
    reporter = JsonReporter(config, make_context(stdout=stdout))
    play(reporter, whole_run(), Clock())
    reporter.close()
    assert stdout.getvalue() == ""
    assert (tmp_path / "json.log").read_text(encoding="utf-8").count("\n") == len(whole_run())


def test_the_programs_own_structlog_is_left_alone() -> None:
    structlog.configure(processors=[lambda *_: pytest.fail("the global chain was used")])
    try:
        before = structlog.get_config()["processors"]
        assert _write(whole_run()[:1])
        assert structlog.get_config()["processors"] is before
    finally:
        structlog.reset_defaults()
