"""`editgauge report RUN`."""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editgauge.core.cli.common import CannotWriteError, UserError

if TYPE_CHECKING:
    from editgauge.core.report.figures import RunReport

_FORMATS = {".csv": "csv", ".json": "json", ".md": "markdown", ".parquet": "parquet"}
"""By the end of a file's name."""

_EPILOG = """\b
Examples:
  editgauge report latest
  editgauge report runs/NAME --format json | jq .mean
  editgauge report latest --format csv --rows > samples.csv
  editgauge report latest --rows --output samples.parquet
  editgauge report latest --format markdown >> "$GITHUB_STEP_SUMMARY"

\b
Works for a run that was stopped or killed, or goes on; a line on stderr says
so, and `missing` how many samples have not come to their end.
"""


@click.command(epilog=_EPILOG)
@click.argument("run")
@click.option(
    "--format",
    "kind",
    type=click.Choice(sorted(set(_FORMATS.values()))),
    help="How it is written; parquet needs the extra `parquet`. Default: what the end of --output "
    "says (.json, .csv, .md, .parquet), else markdown.",
)
@click.option(
    "--rows", is_flag=True, help="One row for each sample, instead of the figures of the run."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to a file instead of stdout.",
)
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default="runs",
    show_default=True,
    metavar="DIR",
    help="Where `latest` and names of runs are looked for.",
)
def report(*, run: str, kind: str | None, rows: bool, output: Path | None, runs_dir: Path) -> None:
    """Print the key figures of RUN: a run directory, its name, or `latest`.

    For the run and each category: samples, scored, coverage, mean with its 95 % interval,
    standard deviation, median, least and greatest score, and outcomes; seconds and images a
    minute of each stage.
    """
    from editgauge.core.report.figures import report_of
    from editgauge.core.run.ending import say
    from editgauge.core.run.store import RunDirectoryError, find_run

    if kind is None:
        kind = _FORMATS.get("" if output is None else output.suffix.lower(), "markdown")
    if rows and kind == "markdown":
        raise click.UsageError("--rows is for --format json, csv or parquet")
    if kind == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError(
            "parquet is no text for a terminal; redirect it, or name a file with --output"
        )
    try:
        folder = find_run(run, runs_dir)
        found = report_of(folder)
        _write(_rows(folder, kind) if rows else _figures(found, kind), output)
    except RunDirectoryError as error:
        raise UserError(str(error)) from error
    if found.shortfall:
        say([f"{found.run_id}: {found.shortfall}"], sys.stderr)


def _figures(report: "RunReport", kind: str) -> Iterator[bytes]:
    from editgauge.core.report import formats
    from editgauge.core.report.tables import csv_lines
    from editgauge.core.text import dump_json_document

    if kind == "json":
        yield f"{dump_json_document(formats.to_document(report))}\n".encode("ascii")
    elif kind == "markdown":
        yield formats.to_markdown(report).encode("utf-8", "backslashreplace")
    elif kind == "csv":
        for line in csv_lines(formats.COLUMNS, formats.to_records(report)):
            yield line.encode("utf-8", "backslashreplace")
    else:
        yield _parquet(formats.COLUMNS, formats.to_records(report))


def _rows(folder: Path, kind: str) -> Iterator[bytes]:
    from editgauge.core.report.rows import COLUMNS, sample_rows
    from editgauge.core.report.tables import csv_lines
    from editgauge.core.text import dump_json

    records = map(asdict, sample_rows(folder))
    if kind == "csv":
        for line in csv_lines(COLUMNS, records):
            yield line.encode("utf-8", "backslashreplace")
    elif kind == "parquet":
        yield _parquet(COLUMNS, records)
    else:
        yield b"["
        for number, record in enumerate(records):
            yield f"{',' if number else ''}\n{dump_json(record)}".encode()
        yield b"\n]\n"


def _parquet(columns: dict[str, type], records: Iterable[dict[str, Any]]) -> bytes:
    from editgauge.core.report.tables import MissingLibraryError, parquet

    try:
        return parquet(columns, records)
    except MissingLibraryError as error:
        raise UserError(str(error)) from error


def _write(parts: Iterable[bytes], output: Path | None) -> None:
    """Write to stdout, or to a file that is there whole or not at all."""
    if output is None:
        try:
            sys.stdout.buffer.writelines(parts)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CannotWriteError(f"cannot write to stdout: {error.strerror or error}") from error
        return
    from editgauge.core.whole_files import replacing

    try:
        with replacing(output) as file:
            file.writelines(parts)
    except OSError as error:
        raise CannotWriteError(f"cannot write {output}: {error.strerror or error}") from error
