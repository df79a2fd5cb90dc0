"""Reading and writing events as JSON lines.

Format: UTF-8, one JSON object a line, no NaN or infinity. The first line is a header,
`{"kind": "Header", "format": "editgauge-events", "major": 1, "minor": 0}`; every other line is an
event, tagged by `kind`. Readers ignore fields and kinds that they do not know and refuse another
major version.
"""

import functools
import json
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from editgauge.core.hooks.events import (
    EVENT_TYPES,
    FORMAT_MAJOR,
    FORMAT_MINOR,
    Event,
    event_to_dict,
)
from editgauge.core.text import dump_json

FORMAT_NAME = "editgauge-events"


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


@functools.cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(EVENT_TYPES[kind])


def event_from_dict(data: dict[str, Any]) -> Event | None:
    """Return the event that JSON data describes, or None if its kind is not known.

    Raises:
        RecordingError: a field is missing or of the wrong type.
    """
    kind = data.get("kind")
    if kind not in EVENT_TYPES:
        return None
    try:
        return _adapter(str(kind)).validate_python(
            {name: value for name, value in data.items() if name != "kind"}
        )
    except ValidationError as error:
        raise RecordingError(f"not a valid {kind}: {error}") from error


def read_events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of a recording, header checked, unknown kinds left out.

    Raises:
        RecordingError: the header is missing or of another major version, or a line is damaged.
            A last line without its newline is taken as torn and left out.
    """
    iterator = iter(lines)
    _check_header(next(iterator, ""))
    for number, line in enumerate(iterator, start=2):
        if not line.endswith("\n"):
            return
        try:
            data = json.loads(line)
        except ValueError as error:
            raise RecordingError(f"line {number} is not JSON: {error}") from error
        event = event_from_dict(data) if isinstance(data, dict) else None
        if event is not None:
            yield event


def _check_header(line: str) -> None:
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT_NAME:
        raise RecordingError(
            f"not a recording: the first line should be {header_line()}, got {line[:80]!r}"
        )
    if header.get("major") != FORMAT_MAJOR:
        raise RecordingError(
            f"the recording has format {header.get('major')}.{header.get('minor')}; "
            f"this editgauge reads {FORMAT_MAJOR}.x"
        )
