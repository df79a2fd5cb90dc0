"""A recording cut at every byte of its last three events: readable, and gone on with."""

import json
from collections.abc import Sequence
from pathlib import Path

from editgauge.config_schemas.reporters import EventsConfig
from editgauge.core.hooks.events import Event, LogEmitted
from editgauge.core.hooks.recording import read_recording
from editgauge.reporters.event_recording import EventsReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play, whole_run

LATER = whole_run()[-1]
TEXT = "half of a pair \ud83d, a whole one 🐘, Größe\u2028, a line\nand another \x1b[31m"


def test_a_recording_that_is_cut_anywhere_can_be_read_and_gone_on_with(tmp_path: Path) -> None:
    recorded = [*whole_run()[:5], LogEmitted(level="info", text=TEXT, worker="größer")]
    path = tmp_path / "events.jsonl"
    _record(tmp_path, recorded)
    data = path.read_bytes()
    lines = data.split(b"\n")[:-1]
    start = len(data) - sum(len(line) + 1 for line in lines[-3:])
    for cut in range(start, len(data) + 1):
        path.write_bytes(data[:cut])
        end = data[:cut].rfind(b"\n") + 1
        whole = recorded[: data[:cut].count(b"\n") - 1]
        assert list(read_recording(path)) == whole
        _record(tmp_path, [LATER])
        assert path.read_bytes().startswith(data[:end])
        for line in path.read_bytes().split(b"\n")[:-1]:
            json.loads(line)
        *former, last = read_recording(path)
        assert last == LATER
        if cut == end:
            assert former == whole
        else:
            *former, told = former
            assert former == whole
            assert isinstance(told, LogEmitted)
            assert f"{cut - end} bytes" in told.text


def _record(folder: Path, events: Sequence[Event]) -> None:
    reporter = EventsReporter(EventsConfig(), make_context(run_dir=folder))
    play(reporter, events, Clock())
    reporter.close()
