"""Configuration of the built-in reporters, and the base for others."""

import re
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ByteSize, Field, WithJsonSchema

from editgauge.config_schemas.base import ConfigModel, PositiveInt
from editgauge.config_schemas.path_patterns import DATED_NAMES, RUN_NAMES, check_pattern

Detail = Literal["scores", "short", "full"]
LogLevel = Literal["debug", "info", "warning", "error"]
PathText = Annotated[
    str,
    Field(min_length=1, max_length=4096),
    AfterValidator(partial(check_pattern, names=RUN_NAMES)),
]
DatedPathText = Annotated[
    str,
    Field(min_length=1, max_length=4096),
    AfterValidator(partial(check_pattern, names=DATED_NAMES)),
]

LEAST_BYTES = 4096
"""Smallest file that is worth a rotation; less is a unit forgotten."""
_SIZE = re.compile(r"\s*[0-9]+(\.[0-9]+)?\s*([kmgt]i?)?b?\s*", re.IGNORECASE)


def _check_size(value: Any) -> Any:
    if isinstance(value, str) and not _SIZE.fullmatch(value):
        raise ValueError("a size is a number of bytes, or a text such as '100MB' or '1 GiB'")
    return value


def _check_bytes(value: ByteSize) -> ByteSize:
    if value < LEAST_BYTES:
        least = f"at least {LEAST_BYTES} bytes ('4KiB')"
        raise ValueError(f"a size should be {least}, got {int(value)}")
    return value


Size = Annotated[
    ByteSize,
    BeforeValidator(_check_size),
    AfterValidator(_check_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": LEAST_BYTES},
                {"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtT]i?)?[bB]?\s*$"},
            ]
        }
    ),
]
"""A number of bytes, or a text such as `100MB` (10^8 bytes) or `1GiB` (2^30)."""


class ReporterConfig(ConfigModel):
    """Base of every reporter's configuration."""

    def writes_to_stderr(self) -> bool:
        """Return whether the reporter writes where bars would be drawn; override if it does."""
        return False


class TqdmConfig(ReporterConfig):
    """Bars in a terminal: a line per worker, a total line, log and score lines above them."""

    detail: Detail = "short"
    """How much of a judge's reply is shown: nothing (`scores`), its first 80 characters (`short`)
    or all of it (`full`)."""

    steps: bool = True
    """Whether denoising steps are shown as a bar; without them, the seconds are shown."""

    logs: LogLevel | Literal["none"] = "info"
    """Least level of log lines that are shown; lines of workers are `info`."""

    def writes_to_stderr(self) -> bool:
        """Return True: it draws there."""
        return True


class PlainConfig(ReporterConfig):
    """Lines without control characters, for pipes, files and CI."""

    path: PathText | None = None
    """File to append to instead of stderr. `{run_id}` and `{run_dir}` are replaced."""

    level: Literal["normal", "quiet", "errors"] = "normal"
    """`quiet` leaves only problems and the closing block of the run, `errors` only errors and one
    closing line."""

    detail: Detail = "short"
    """How much of a judge's reply is shown: nothing (`scores`), its first 80 characters (`short`)
    or all of it (`full`)."""

    steps: bool = True
    """Whether a denoising step is told when nothing else was for a minute."""

    logs: LogLevel | Literal["none"] = "info"
    """Least level of log lines that are shown; lines of workers are `info`."""

    def writes_to_stderr(self) -> bool:
        """Return whether it has no file."""
        return self.path is None


class LogFileConfig(ReporterConfig):
    """Base of reporters that write log files: when a file is put aside, and what becomes of it."""

    max_bytes: Size | None = None
    """Size at which the file is renamed to `NAME.1` and a new one begun: bytes, or a text such as
    `100MB` or `1GiB`; null: never."""

    backups: Annotated[PositiveInt, Field(le=10_000)] = 5
    """How many renamed files are kept; with one more, the oldest is removed."""

    compress: bool = False
    """Whether renamed files are gzipped, all but the newest."""


class JsonConfig(LogFileConfig):
    """Every event as one line for log systems, written by structlog."""

    format: Literal["json", "logfmt"] = "json"
    """How an event is written: one JSON object, or `name=value` pairs."""

    stream: Literal["stderr", "stdout"] = "stderr"
    """Where the lines go if there is no `path`."""

    path: DatedPathText | None = None
    """File to append to instead of the stream. `{run_id}` and `{run_dir}` are replaced, and
    `{date}` by the day of the event in UTC, so that each day has a file."""

    steps: bool = True
    """Whether denoising steps are written."""

    level: LogLevel = "debug"
    """Least level that is written. Steps and progress are `debug`, retries `warning`, failed
    samples and lost workers `error`, all else `info`; log lines keep their own."""

    scopes: Annotated[list[Literal["run", "batch", "sample", "step"]], Field(min_length=1)] = Field(
        default=["run", "batch", "sample", "step"]
    )
    """Only events of these scopes."""

    def writes_to_stderr(self) -> bool:
        """Return whether it has no file and is not told to use stdout."""
        return self.path is None and self.stream == "stderr"


class FileConfig(LogFileConfig):
    """The detail of a run in a file, each line with its time."""

    path: DatedPathText = "{run_dir}/detail.log"
    """File to append to. `{run_id}` and `{run_dir}` are replaced, and `{date}` by the day of the
    event in UTC, so that each day has a file."""

    format: Literal["text", "json", "logfmt"] = "text"
    """How an event is written: as text for people, one JSON object, or `name=value` pairs."""

    level: LogLevel = "debug"
    """Least level of an event that is written, as for the reporter `json`."""

    detail: Detail = "full"
    """With `format: text`, how much of a judge's reply is written: nothing (`scores`), its first 80
    characters (`short`) or all of it (`full`)."""

    steps: bool = False
    """Whether every denoising step is written."""

    logs: LogLevel | Literal["none"] = "debug"
    """Least level of log lines that are written; lines of workers are `info`."""


class EventsConfig(ReporterConfig):
    """The lossless recording of every event, versioned."""

    path: PathText = "{run_dir}/events.jsonl"
    """File to append to. `{run_id}` and `{run_dir}` are replaced."""


class HtmlConfig(ReporterConfig):
    """A report to look at: one folder with a page that opens from disk."""

    path: PathText = "{run_dir}/report"
    """Folder to write to; it is missing, empty, or holds an earlier report. `{run_id}` and
    `{run_dir}` are replaced."""

    picture_size: Annotated[int, Field(ge=400, le=4096)] = 1280
    """Longest side of the large pictures in pixels; smaller images keep their size."""
