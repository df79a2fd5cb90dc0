"""The reporter `events`."""

from pathlib import Path

import pytest

from editgauge.config_schemas.reporters import EventsConfig
from editgauge.core.hooks.events import LogEmitted
from editgauge.core.hooks.recording import RecordingError, header_line, read_events, read_recording
from editgauge.reporters.event_recording import EventsReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play, whole_run
from tests.reporters.test_lines import NEW_KINDS


def _record(folder: Path, *, count: int | None = None) -> Path:
    reporter = EventsReporter(EventsConfig(), make_context(run_dir=folder))
    play(reporter, whole_run()[:count], Clock())
    reporter.close()
    return folder / "events.jsonl"


def test_what_was_recorded_is_read_back_unchanged(tmp_path: Path) -> None:
    with _record(tmp_path).open(encoding="utf-8", newline="\n") as file:
        assert list(read_events(file)) == whole_run()


def test_kinds_of_other_plugins_are_recorded_for_their_readers(tmp_path: Path) -> None:
    reporter = EventsReporter(EventsConfig(), make_context(run_dir=tmp_path))
    play(reporter, NEW_KINDS, Clock())
    reporter.close()
    with (tmp_path / "events.jsonl").open(encoding="utf-8") as file:
        assert list(read_events(file)) == []
        file.seek(0)
        assert len(file.readlines()) == 1 + len(NEW_KINDS)


@pytest.mark.parametrize("torn", [b"", b'{"kind": "StepFin', b'{"kind": "LogEmitted", "te\xc3'])
def test_a_resumed_run_goes_on_in_the_recording_of_the_first(tmp_path: Path, torn: bytes) -> None:
    path = _record(tmp_path, count=10)
    with path.open("ab") as file:
        file.write(torn)
    _record(tmp_path)
    assert path.read_text(encoding="utf-8").count(header_line()) == 1
    told = [
        LogEmitted(
            level="warning",
            text=f"the last line of this recording was torn; {len(torn)} bytes of it were cut off",
            run_id=make_context().run_id,
        )
    ] * bool(torn)
    assert list(read_recording(path)) == [*whole_run()[:10], *told, *whole_run()]


@pytest.mark.parametrize("kept", [0, 1, 30, len(header_line())])
def test_a_header_that_was_torn_is_written_anew(tmp_path: Path, kept: int) -> None:
    (tmp_path / "events.jsonl").write_text(header_line()[:kept], encoding="utf-8")
    with _record(tmp_path).open(encoding="utf-8", newline="\n") as file:
        assert list(read_events(file)) == whole_run()


@pytest.mark.parametrize(
    "text",
    ["a diary\n", "[]\n", '{"kind": "Header", "format": "editgauge-events", "major": 99}\n'],
)
def test_a_file_that_is_no_recording_is_refused_and_left_as_it_is(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError):
        EventsReporter(EventsConfig(), make_context(run_dir=tmp_path))
    assert path.read_text(encoding="utf-8") == text
