"""The items of a JSON list, read as a stream."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from editgauge.core.datasets import DatasetError
from editgauge.core.text import counted
from editgauge.plugins.datasets.files import UTF8_MARK

MAX_DEPTH = 100
_BUFFER = 2**20
_OPENING = {"start_map": "an object", "start_array": "a list"}


def read_objects(
    file: BinaryIO, path: Path, fields: Collection[str]
) -> Iterator[dict[str, Any] | None]:
    """Yield the objects of a JSON list, with the given fields only.

    An item of another kind is None. Objects and lists inside of an object are left out, too: the
    field is then present with an empty dict or list as its value. Memory holds one item at a time,
    so it does not grow with the file. ijson takes its C back end where there is one.

    Raises:
        DatasetError: it is not a list, or not JSON, or nested deeper than `MAX_DEPTH`.
    """
    _skip_mark(file)
    items = 0
    try:
        events = ijson.basic_parse(file, buf_size=_BUFFER)
        first, _ = next(events)
        if first != "start_array":
            kind = _OPENING.get(first, "a single value")
            raise DatasetError(f"dataset file {path} should be a JSON list, got {kind}")
        for item in _items(events, path, fields):
            items += 1
            yield item
    except (ijson.JSONError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DatasetError(
            f"dataset file {path} is not JSON after {counted(items, 'item')}; "
            f"is it complete? ({_reason(error)})"
        ) from error
    except OSError as error:
        raise DatasetError(f"dataset file {path} cannot be read: {error.strerror}") from error


def _reason(error: Exception) -> str:
    """Return the first line of a parser's message; an excerpt of the file follows in the others."""
    text = error.args[0] if error.args else ""
    lines = (text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)).splitlines()
    return lines[0] if lines else type(error).__name__


def _skip_mark(file: BinaryIO) -> None:
    if file.read(len(UTF8_MARK)) != UTF8_MARK:
        file.seek(0)


def _items(
    events: Iterator[tuple[str, Any]], path: Path, fields: Collection[str]
) -> Iterator[dict[str, Any] | None]:
    # Built from plain events and not by `ijson.items`, whose prefixes grow with every level: a file
    # of 100,000 opening brackets took tens of gigabytes.
    depth = 0
    row: dict[str, Any] | None = None
    field = ""
    for event, value in events:
        if event in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                raise DatasetError(f"dataset file {path} is nested deeper than {MAX_DEPTH} levels")
            empty: Any = {} if event == "start_map" else []
            if depth == 1:
                row = empty if event == "start_map" else None
            elif depth == 2 and row is not None and field in fields:
                row[field] = empty
        elif event in ("end_map", "end_array"):
            depth -= 1
            if depth == 0:
                yield row
        elif depth == 0:
            yield None
        elif depth == 1 and row is not None:
            if event == "map_key":
                field = value
            elif field in fields:
                row[field] = value
