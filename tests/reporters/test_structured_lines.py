"""Formats that `json` and `file` share: JSON and logfmt."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters import FileConfig, JsonConfig
from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.reporters.detail_file import FileReporter
from editgauge.reporters.json_log import JsonReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play, whole_run
from tests.reporters.test_lines import CONTROL

_PAIR = re.compile(r'([^\s="]+)=("(?:\\.|[^"\\])*"|[^\s"]*)(?: |$)')


def _logfmt(stream: list[Event], **options: Any) -> list[str]:
    stderr = options.pop("stderr", None) or io.StringIO()
    config = JsonConfig.model_validate({"format": "logfmt"} | options)
    play(JsonReporter(config, make_context(stderr=stderr)), stream, Clock())
    return stderr.getvalue().splitlines() if isinstance(stderr, io.StringIO) else []


def _parsed(line: str) -> dict[str, str]:
    """Read a line as log systems do, and see that nothing of it is left over."""
    pairs = _PAIR.findall(line)
    assert _PAIR.sub("", line) == ""
    return {
        name: re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        for name, value in pairs
    }


def _file(folder: Path, stream: list[Event], **options: Any) -> list[str]:
    reporter = FileReporter(FileConfig.model_validate(options), make_context(run_dir=folder))
    play(reporter, stream, Clock())
    reporter.close()
    text = (folder / "detail.log").read_text(encoding="utf-8")
    (folder / "detail.log").unlink()
    return text.splitlines()


def test_every_line_of_logfmt_can_be_read_back_and_holds_what_an_event_says() -> None:
    lines = _logfmt(whole_run())
    assert len(lines) == len(whole_run())
    for line, event in zip(lines, whole_run(), strict=True):
        assert not CONTROL.search(line)
        found = _parsed(line)
        assert list(found)[:3] == ["timestamp", "level", "event"]
        assert found["event"] == type(event).__name__
        assert found["seq"] == str(event.seq)
    end = _parsed(lines[-1])
    assert end["figures.mean"] == "7.75"
    assert end["advice"].startswith("to try the failed samples again: editgauge run")
    counts = [{"name": "ok", "number": 3}, {"name": "failed", "number": 1}]
    assert json.loads(end["edit_outcomes"]) == counts


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ('say "no" = yes', 'say "no" = yes'),
        ("a\nb\t\x1b[0m", "a\\nb\\t\\x1b[0m"),
        ("C:\\new folder", "C:\\new folder"),
        ("画像", "画像"),
        ("", ""),
    ],
)
def test_values_of_logfmt_survive_and_move_no_cursor(value: str, read: str) -> None:
    line = _logfmt([events.LogEmitted(level="info", text=value)])[0]
    assert _parsed(line)["text"] == read


def test_truth_absence_and_lists_are_plain_words_in_logfmt() -> None:
    lost = events.WorkerLost(
        stage="edit", reason="gone", samples=("a", 'b "c"'), will_restart=True, stderr=()
    )
    found = _parsed(_logfmt([lost])[0])
    assert found["will_restart"] == "true"
    assert found["restart_in"] == found["stderr"] == ""
    assert json.loads(found["samples"]) == ["a", 'b "c"']


def test_a_stream_that_holds_ascii_only_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    _logfmt([events.LogEmitted(level="info", text="画像")], stderr=stream)
    stream.flush()
    assert r"text=\u753b\u50cf" in raw.getvalue().decode("ascii")


@pytest.mark.parametrize("line_format", ["json", "logfmt"])
def test_the_file_writes_the_same_lines_as_json(tmp_path: Path, line_format: str) -> None:
    told = io.StringIO()
    config = JsonConfig.model_validate({"format": line_format})
    play(JsonReporter(config, make_context(stderr=told)), whole_run(), Clock())
    written = _file(tmp_path, whole_run(), format=line_format, steps=True)
    assert written == told.getvalue().splitlines()
    assert _file(tmp_path, whole_run(), format=line_format) == [
        line for line in written if "StepFinished" not in line
    ]
    silent = _file(tmp_path, whole_run(), format=line_format, logs="none")
    assert not [line for line in silent if "LogEmitted" in line]


@pytest.mark.parametrize("line_format", ["text", "json", "logfmt"])
def test_the_level_of_the_file_is_that_of_events_in_every_format(
    tmp_path: Path, line_format: str
) -> None:
    errors = _file(tmp_path, whole_run(), format=line_format, level="error")
    assert errors
    everything = _file(tmp_path, whole_run(), format=line_format)
    assert set(errors) < set(everything)
    if line_format == "json":
        assert {json.loads(line)["level"] for line in errors} == {"error"}
    if line_format == "text":
        assert any("exit code 100" in line for line in errors)
        assert not [line for line in errors if "ready after" in line]


def test_text_is_written_without_importing_structlog() -> None:
    code = "import sys, editgauge.reporters.detail_file; print('structlog' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
