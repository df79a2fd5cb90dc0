"""Hostile text in made-up events, through every reporter."""

import io
import json
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from editgauge.config_schemas.reporters import (
    EventsConfig,
    FileConfig,
    HtmlConfig,
    JsonConfig,
    PlainConfig,
    TqdmConfig,
)
from editgauge.core.hooks.bus import Failure, Undelivered
from editgauge.core.hooks.events import (
    EVENT_TYPES,
    Event,
    LogEmitted,
    RunFinished,
    SampleFinished,
    SampleStarted,
    StageStarted,
    WorkerStarted,
    event_to_dict,
)
from editgauge.core.hooks.recording import read_events
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.ending import say_last_words
from editgauge.core.run.result import RunResult
from editgauge.reporters.detail_file import FileReporter
from editgauge.reporters.event_recording import EventsReporter
from editgauge.reporters.html.reporter import HtmlReporter
from editgauge.reporters.json_log import JsonReporter
from editgauge.reporters.plain_lines import PlainReporter
from editgauge.reporters.tqdm_bars import TqdmReporter
from tests.hostile.texts import CORPUS, SHORT, harm_in
from tests.reporters.contexts import make_context
from tests.reporters.screens_of import Terminal
from tests.reporters.script import Clock, play

_OWN_SEQUENCES = re.compile(r"\x1b\[J|\x1b\[K|\x1b\[\?7[lh]|\x1b\[\d*A|\x1b\[(?:0|2|31|33)m|\r")
"""What the terminal reporter draws with; none of it stands in the corpus in this form."""


def _value(hint: Any, text: str) -> Any:
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is types.UnionType:
        return _value(arguments[0], text)
    if typing.get_origin(hint) is tuple:
        return (_value(arguments[0], text),)
    if issubclass(hint, tuple):
        return hint(**{name: _value(h, text) for name, h in typing.get_type_hints(hint).items()})
    return {str: text, int: 1, float: 1.5, bool: False}[hint]


def _event(kind: type[Event], text: str, **fields: Any) -> Event:
    """Return an event with the text in every field that takes one, apart from those given."""
    hints = typing.get_type_hints(kind)
    values = {name: _value(hint, text) for name, hint in hints.items() if name != "scope"}
    return kind(**(values | {name: fields[name] for name in fields if name in values}))


def _texts_only(kind: type[Event], fields: dict[str, Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {name: value for name, value in fields.items() if hints.get(name) in (str, str | None)}


def hostile_events(text: str) -> Iterator[Event]:
    """Yield events of every kind, with the text where data may stand and where it never should.

    A very long text stands only where a dataset, a judge or a worker can put one.
    """
    known = {"worker": "edit-0", "stage": "edit", "level": "info"}
    started = [
        _event(StageStarted, text[:100], stage=stage, worker="")
        for stage in ("edit", "score", text[:100])
    ]
    started.append(_event(WorkerStarted, text[:100], **known, devices=("cuda:0",)))
    events = [_event(kind, text) for kind in EVENT_TYPES.values()]
    events += [_event(kind, text, **known) for kind in EVENT_TYPES.values()]
    events += [
        _event(SampleFinished, text, **known | {"stage": "score", "outcome": outcome})
        for outcome in ("ok", "unparsed")
    ]
    if len(text) > 100_000:
        short = {name: "x" for kind in EVENT_TYPES.values() for name in kind.__dataclass_fields__}
        long = ("instruction", "reply", "text", "reason")
        fields = {name: value for name, value in (short | known).items() if name not in long}
        kinds = (SampleStarted, SampleFinished, LogEmitted, RunFinished)
        events = [_event(kind, text, **_texts_only(kind, fields)) for kind in kinds]
    ending = [event for event in events if type(event).__name__ == "RunFinished"]
    others = [event for event in events if type(event).__name__ != "RunFinished"]
    for seq, event in enumerate([*started, *others, *ending], start=1):
        yield replace(event, seq=seq, elapsed=float(seq))


def _played(reporter: Any, stream: io.StringIO, text: str) -> str:
    play(reporter, list(hostile_events(text)), Clock())
    reporter.close()
    return stream.getvalue()


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("detail", ["short", "full"])
def test_plain_lines_are_harmless(name: str, detail: str) -> None:
    stream = io.StringIO()
    config = PlainConfig.model_validate({"detail": detail, "logs": "debug"})
    reporter = PlainReporter(config, make_context(stderr=stream, interactive=False))
    written = _played(reporter, stream, CORPUS[name])
    assert written
    assert harm_in(written) == []


@pytest.mark.parametrize("name", SHORT)
def test_plain_lines_are_harmless_where_only_ascii_can_be_written(name: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="strict", newline="\n")
    reporter = PlainReporter(PlainConfig(), make_context(stderr=stream, interactive=False))
    play(reporter, list(hostile_events(CORPUS[name])), Clock())
    stream.flush()
    assert harm_in(raw.getvalue().decode("ascii")) == []


@pytest.mark.parametrize("name", CORPUS)
def test_the_detailed_file_is_harmless(name: str, tmp_path: Path) -> None:
    config = FileConfig(path=str(tmp_path / "detail.log"), steps=True)
    reporter = FileReporter(config, make_context(interactive=False))
    events = [replace(event, time="2026-11-23T03:10:35Z") for event in hostile_events(CORPUS[name])]
    play(reporter, events, Clock())
    reporter.close()
    written = (tmp_path / "detail.log").read_bytes().decode("utf-8")
    assert harm_in(written) == []
    assert all(line.startswith("2026-") for line in written.splitlines())


@pytest.mark.parametrize("name", CORPUS)
def test_the_terminal_gets_no_control_character_of_the_data(name: str) -> None:
    stream = io.StringIO()
    context = make_context(stderr=stream, color=True)
    reporter = TqdmReporter(TqdmConfig(logs="debug"), context)
    written = _played(reporter, stream, CORPUS[name])
    assert written
    assert harm_in(_OWN_SEQUENCES.sub("", written)) == []


@pytest.mark.parametrize("name", SHORT)
def test_the_screen_shows_bars_whatever_the_data_is(name: str) -> None:
    terminal, clock = Terminal(100, 30), Clock()
    context = replace(make_context(stderr=terminal, clock=clock), size=lambda: terminal.size)
    reporter = TqdmReporter(TqdmConfig(), context)
    shown: list[str] = []

    def look(event: Event) -> None:
        if type(event).__name__ == "WorkerStarted" and event.worker == "edit-0":
            shown.extend(terminal.lines())

    play(reporter, list(hostile_events(CORPUS[name])), clock, after_each=look)
    reporter.close()
    assert any(line.startswith("[GPU 0]") for line in shown)
    assert any(line.startswith("Editing:") for line in shown)


@pytest.mark.parametrize("name", CORPUS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("to_file", [False, True], ids=["stream", "file"])
def test_json_is_one_object_a_line_with_the_same_text(
    name: str, encoding: str, to_file: bool, tmp_path: Path
) -> None:
    text = CORPUS[name]
    if encoding == "ascii" and name not in SHORT:
        pytest.skip("length and encoding have nothing to do with each other")
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    config = JsonConfig.model_validate({"path": str(tmp_path / "log") if to_file else None})
    reporter = JsonReporter(config, make_context(stderr=stream, interactive=False))
    events = list(hostile_events(text))
    play(reporter, events, Clock())
    reporter.close()
    stream.flush()
    written = (tmp_path / "log").read_bytes() if to_file else raw.getvalue()
    assert harm_in(written.decode("utf-8")) == []
    lines = written.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(events)
    for line, event in zip(lines, events, strict=True):
        found = json.loads(line)
        expected = event_to_dict(event)
        assert {key: found[key] for key in expected if key != "kind"} == _without_kind(expected)


def _without_kind(data: dict[str, Any]) -> Any:
    return {key: _listed(value) for key, value in data.items() if key != "kind"}


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("name", CORPUS)
def test_a_recording_gives_back_the_same_events(name: str, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reporter = EventsReporter(EventsConfig(path=str(path)), make_context(interactive=False))
    events = list(hostile_events(CORPUS[name]))
    play(reporter, events, Clock())
    reporter.close()
    assert harm_in(path.read_bytes().decode("utf-8")) == []
    with path.open(encoding="utf-8", newline="\n") as file:
        assert list(read_events(file)) == events


@pytest.mark.parametrize("name", CORPUS)
def test_last_words_are_harmless(name: str, tmp_path: Path) -> None:
    text = CORPUS[name]
    result = RunResult(
        status=RunStatus.FAILED,
        exit_code=ExitCode.INTERNAL_ERROR,
        run_dir=tmp_path,
        samples=1,
        edit_outcomes={},
        score_outcomes={},
        figures=None,
        categories=(),
        seconds=1.0,
        reason=text,
        advice=text,
        reporter_failures=(Failure(reporter=text, hook=text, error=text),),
        undelivered=(Undelivered(reporter=text, events=1, hung=True),),
    )
    stream = io.StringIO()
    say_last_words(result, stream, shown=False)
    assert harm_in(stream.getvalue()) == []


@pytest.mark.parametrize("name", CORPUS)
def test_the_page_of_a_report_is_harmless(name: str, tmp_path: Path) -> None:
    context = make_context(run_dir=tmp_path / "run")
    reporter: Any = HtmlReporter(HtmlConfig(path=str(tmp_path / "report")), context)
    play(reporter, list(hostile_events(CORPUS[name])), Clock())
    reporter.close()
    written = (tmp_path / "report" / "index.html").read_bytes().decode("utf-8")
    # Tabs are kept in replies and reasons, as newlines are.
    assert harm_in(written.expandtabs()) == []
    assert 'id="data"' in written
