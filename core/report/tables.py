"""Tables as CSV that spreadsheets may open, and as Parquet."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from editgauge.core.text import clean

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a cell begins with that spreadsheets take for a formula, full width included."""


class MissingLibraryError(Exception):
    """A format needs a library that is not installed; the message says how to install it."""


def csv_lines(columns: Iterable[str], records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a CSV table line by line, header first (RFC 4180, lines end with a line feed).

    Texts are cleaned of what is not seen, and one that a spreadsheet would take for a formula gets
    an apostrophe in front. Numbers are written in full; None is an empty cell.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = list(columns)
    writer.writerow(names)
    yield _taken(buffer)
    for record in records:
        writer.writerow([_cell(record[name]) for name in names])
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # Behind white space, too: what cuts it off before it looks for formulas is not known.
    starts = value.lstrip(" \u00a0\u3000")[:1]
    text = clean(value)
    return f"'{text}" if starts and starts in _FORMULA else text


def parquet(columns: Mapping[str, type], records: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a table as Parquet; texts are kept as they are.

    Args:
        columns: names and types: str, int or float, each of which may be None.
        records: a value for each column.

    Raises:
        MissingLibraryError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingLibraryError(
            "the format 'parquet' needs pyarrow, which is not installed; install it with: "
            "pip install 'editgauge[parquet]'"
        ) from error
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    rows = [{name: _storable(record[name]) for name in columns} for record in records]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def _storable(value: Any) -> Any:
    """Return a value without lone surrogates, which Parquet's UTF-8 cannot hold."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value
