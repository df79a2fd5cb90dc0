"""Reading and writing events as JSON lines.

Format: UTF-8, one JSON object a line, no NaN or infinity. The first line is a header,
`{"kind": "Header", "format": "editgauge-events", "major": 1, "minor": 1}`; every other line is an
event, tagged by `kind`. Readers ignore fields and kinds that they do not know and refuse another
major version.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from editgauge.core.hooks.decoding import DecodeError, decode_fields
from editgauge.core.hooks.events import (
    EVENT_TYPES,
    FORMAT_MAJOR,
    FORMAT_MINOR,
    Event,
    event_to_dict,
)
from editgauge.core.text import dump_json

FORMAT_NAME = "editgauge-events"
RECORDER = "events"
"""The reporter that keeps recordings."""
RECORDING = "events.jsonl"
"""Name of the recording in a run directory, unless it is kept elsewhere."""
LONGEST_LINE = 128 * 2**20
"""Bytes of a line, at most: twice what a worker can say at once. More is no recording of ours."""


class RecordingError(ValueError):
    """A recording cannot be read: not a recording, another major version, or damaged."""


def header_line() -> str:
    """Return the first line of a recording, without newline."""
    return json.dumps(
        {"kind": "Header", "format": FORMAT_NAME, "major": FORMAT_MAJOR, "minor": FORMAT_MINOR}
    )


def event_line(event: Event) -> str:
    """Return an event as one line of JSON, without newline.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    return dump_json(event_to_dict(event))


def event_from_dict(data: dict[str, Any]) -> Event | None:
    """Return the event that JSON data describes, or None if its kind is not known.

    Raises:
        RecordingError: a field is missing, of the wrong type, or not a finite number.
    """
    kind = data.get("kind")
    event_type = EVENT_TYPES.get(kind) if isinstance(kind, str) else None
    if event_type is None:
        return None
    try:
        return event_type(**decode_fields(event_type, data))
    except DecodeError as error:
        raise RecordingError(f"not a valid {kind}: {error}") from error


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of a recording, header checked, unknown kinds left out.

    Args:
        lines: the lines with their newlines, as an open file gives them. A line without one is
            torn: it and what follows is left out.

    Raises:
        RecordingError: the header is missing or of another major version, or a line is damaged.
    """
    iterator = iter(lines)
    _check_header(next(iterator, ""))
    for number, line in enumerate(iterator, start=2):
        if not line.endswith("\n"):
            return
        try:
            data = _parse(line)
            event = event_from_dict(data)
        except RecordingError as error:
            raise RecordingError(f"line {number}: {error}") from error
        if event is not None:
            yield event


def read_recording(path: Path) -> Iterator[Event]:
    """Yield the events of a recording on disk; a torn last line is left out.

    Raises:
        OSError: the file cannot be read.
        RecordingError: as `read_events`, or a line is not UTF-8, or longer than `LONGEST_LINE`.
    """
    with path.open("rb") as file:
        yield from read_events(_decoded(file))


def _decoded(file: IO[bytes]) -> Iterator[str]:
    # As bytes: only a line feed ends a line, and a torn line may end within a character.
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
        if not line.endswith(b"\n"):
            if len(line) < LONGEST_LINE:
                return
            raise RecordingError(f"line {number}: longer than {LONGEST_LINE:,} bytes")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RecordingError(f"line {number}: not UTF-8: {error}") from error


def _parse(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise RecordingError(f"an event is a JSON object, got {line[:80]!r}")
    return data


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON number")


def _check_header(line: str) -> None:
    try:
        header = _parse(line)
    except RecordingError:
        header = {}
    if header.get("format") != FORMAT_NAME:
        raise RecordingError(
            f"not a recording: the first line should be {header_line()}, got {line[:80]!r}"
        )
    if header.get("major") != FORMAT_MAJOR:
        raise RecordingError(
            f"the recording has format {header.get('major')}.{header.get('minor')}; "
            f"this editgauge reads {FORMAT_MAJOR}.x"
        )
