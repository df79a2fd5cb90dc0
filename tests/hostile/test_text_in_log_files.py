"""Hostile text in logfmt lines, and in the dates that name a file."""

from dataclasses import replace
from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import FileConfig, JsonConfig
from editgauge.reporters.detail_file import FileReporter
from editgauge.reporters.json_log import JsonReporter
from tests.hostile.test_text_in_reporters import hostile_events
from tests.hostile.texts import CORPUS, SHORT, harm_in
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play


@pytest.mark.parametrize("name", SHORT)
def test_lines_of_logfmt_are_harmless(name: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    reporter = JsonReporter(JsonConfig(path=str(path), format="logfmt"), make_context())
    events = [replace(event, time="2026-11-23T03:10:35Z") for event in hostile_events(CORPUS[name])]
    play(reporter, events, Clock())
    reporter.close()
    written = path.read_bytes().decode("utf-8")
    assert harm_in(written) == []
    lines = written.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(events)
    assert all(line.startswith("timestamp=2026-") for line in lines)


@pytest.mark.parametrize("name", SHORT)
def test_no_time_leads_a_file_out_of_its_folder(name: str, tmp_path: Path) -> None:
    pattern = str(tmp_path / "logs" / "{date}" / "{date}.log")
    reporter = FileReporter(FileConfig(path=pattern), make_context())
    for text in (CORPUS[name], f"2026-11-23{CORPUS[name]}", "../../../../x", "/etc/x"):
        play(reporter, [replace(event, time=text) for event in hostile_events("x")], Clock())
    reporter.close()
    assert {path.name for path in tmp_path.iterdir()} == {"logs"}
    found = {path.name for path in (tmp_path / "logs").iterdir()}
    assert found == {"unknown-date", "2026-11-23"}
