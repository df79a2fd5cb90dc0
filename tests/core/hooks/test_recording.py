"""Events written as JSON lines and read back, from good recordings and hostile ones."""

import dataclasses
import json
import math
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given

from editgauge.core.hooks.decoding import decode_fields
from editgauge.core.hooks.events import (
    EVENT_TYPES,
    Count,
    Event,
    Figures,
    LogEmitted,
    StageFinished,
    StepFinished,
    WorkerReady,
)
from editgauge.core.hooks.recording import (
    RecordingError,
    event_from_dict,
    event_line,
    header_line,
    read_events,
)
from tests.core.hooks.event_strategies import EVENTS, events_of

STEP = StepFinished(seq=4, sample="a", index=0, step=1, of=8)


def recording(*lines: str) -> list[str]:
    return [header_line() + "\n", *(line + "\n" for line in lines)]


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_kind_survives_the_round_trip(kind: str) -> None:
    @given(event=events_of(EVENT_TYPES[kind]))
    def survives(event: Event) -> None:
        line = event_line(event)
        assert "\n" not in line
        line.encode("utf-8")
        assert list(read_events(recording(line))) == [event]

    survives()


@given(event=EVENTS)
def test_bytes_on_disk_read_back_the_same(event: Event) -> None:
    data = "".join(recording(event_line(event))).encode("utf-8")
    # Only a line feed ends a line, whatever else the texts hold.
    lines = data.decode("utf-8").split("\n")[:-1]
    assert list(read_events(line + "\n" for line in lines)) == [event]


def test_lone_surrogates_survive() -> None:
    event = LogEmitted(level="info", text="half \ud83d of a pair", worker="gpu-0")
    assert list(read_events(recording(event_line(event)))) == [event]


def test_unknown_fields_are_ignored_at_every_depth() -> None:
    figures = Figures(
        samples=1, scored=0, mean=None, std=None, median=None, minimum=None, maximum=None
    )
    event = StageFinished(
        stage="score", samples=1, outcomes=(Count("failed", 1),), seconds=2.0, figures=figures
    )
    data = json.loads(event_line(event))
    data["colour"] = {"of": ["the", "future"]}
    data["figures"]["quartiles"] = [1, 2]
    data["outcomes"][0]["share"] = 1.0
    assert list(read_events(recording(json.dumps(data)))) == [event]


@pytest.mark.parametrize("kind", ["ImageDreamt", "Header", "", None, 7, ["StepFinished"], {}])
def test_unknown_kinds_are_left_out(kind: Any) -> None:
    lines = recording(json.dumps({"kind": kind, "step": 1}), event_line(STEP), '{"step": 1}')
    assert list(read_events(lines)) == [STEP]


def test_missing_fields_take_their_defaults() -> None:
    line = '{"kind": "WorkerReady", "stage": "edit", "seconds": 3}'
    assert list(read_events(recording(line))) == [WorkerReady(stage="edit", seconds=3.0)]


def test_a_newer_minor_version_is_read() -> None:
    header = json.loads(header_line())
    header["minor"] += 1
    header["note"] = "unknown"
    lines = [json.dumps(header) + "\n", event_line(STEP) + "\n"]
    assert list(read_events(lines)) == [STEP]


def test_figures_of_the_first_format_have_no_interval() -> None:
    line = (
        '{"kind": "StageFinished", "stage": "score", "samples": 2, "outcomes": [], "seconds": 1, '
        '"figures": {"samples": 2, "scored": 2, "mean": 7, "std": 1, "median": 7, "minimum": 6, '
        '"maximum": 8}}'
    )
    header = '{"kind": "Header", "format": "editgauge-events", "major": 1, "minor": 0}'
    (event,) = read_events([f"{header}\n", f"{line}\n"])
    assert isinstance(event, StageFinished)
    assert event.figures == Figures(2, 2, 7.0, 1.0, 7.0, 6.0, 8.0, low=None, high=None)


@pytest.mark.parametrize("major", [0, 2, "1", None, [1]])
def test_another_major_version_is_refused_and_named(major: Any) -> None:
    header = json.dumps({"format": "editgauge-events", "major": major, "minor": 5})
    with pytest.raises(RecordingError, match=r"has format .*\.5; this editgauge reads 1\.x"):
        list(read_events([header + "\n"]))


@pytest.mark.parametrize(
    "first", ["", "\n", "not json\n", "[]\n", "{}\n", '{"format": "x"}\n', "[" * 100_000]
)
def test_a_file_that_is_no_recording_is_refused(first: str) -> None:
    with pytest.raises(RecordingError, match="not a recording: the first line should be"):
        list(read_events([first, event_line(STEP) + "\n"]))


@pytest.mark.parametrize("cut", range(len(event_line(STEP)) + 1))
def test_a_torn_last_line_is_left_out_wherever_it_was_cut(cut: int) -> None:
    assert list(read_events([*recording(event_line(STEP)), event_line(STEP)[:cut]])) == [STEP]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "null",
        "[1]",
        '"StepFinished"',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": NaN}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": -Infinity}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": 1e999}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": "3"}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": true}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": 1' + "0" * 400 + "}",
        '{"kind": "WorkerReady", "stage": "edit", "seconds": 1' + "0" * 5000 + "}",
        '{"kind": "WorkerReady", "stage": null, "seconds": 3}',
        '{"kind": "WorkerReady", "seconds": 3}',
        '{"kind": "WorkerReady", "stage": "edit", "seconds": 3, "future": NaN}',
        '{"kind": "StepFinished", "sample": "a", "index": 0, "step": 1.5, "of": 8}',
        '{"kind": "StepFinished", "sample": "a", "index": 0, "step": true, "of": 8}',
        '{"kind": "StepFinished", "sample": ["a"], "index": 0, "step": 1, "of": 8}',
        '{"kind": "WorkerLost", "stage": "edit", "reason": "", "samples": "ab"}',
        '{"kind": "WorkerLost", "stage": "edit", "reason": "", "samples": {"0": "a"}}',
        '{"kind": "WorkerLost", "stage": "edit", "reason": "", "will_restart": 1}',
        (
            '{"kind": "StageFinished", "stage": "e", "samples": 1, "outcomes": [["a", 1]], '
            '"seconds": 1}'
        ),
        (
            '{"kind": "StageFinished", "stage": "e", "samples": 1, "outcomes": [{"name": "a"}], '
            '"seconds": 1}'
        ),
        "[" * 100_000,
    ],
    ids=lambda line: line[:70],
)
def test_a_damaged_line_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(RecordingError, match=r"^line 3: ") as caught:
        list(read_events(recording(event_line(STEP), line, event_line(STEP))))
    assert len(str(caught.value)) < 400


def test_the_error_names_field_expectation_and_value() -> None:
    data = {"kind": "StageFinished", "stage": "edit", "samples": 1, "seconds": 1.0}
    data["outcomes"] = [{"name": "ok", "number": "two"}]
    with pytest.raises(RecordingError, match=r"'outcomes\[0\]\.number' should be int, got 'two'"):
        event_from_dict(data)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_has_no_word_for_are_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        event_line(WorkerReady(stage="edit", seconds=number))


def test_a_field_type_that_is_not_plain_is_refused() -> None:
    @dataclasses.dataclass
    class Live:
        thing: dict[str, int]

    with pytest.raises(TypeError, match="plain"):
        decode_fields(Live, {"thing": {}})


def test_reading_needs_no_pydantic() -> None:
    code = "import sys, editgauge.core.hooks.recording; sys.exit('pydantic' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
