"""Configuration of the built-in reporters, and the base for others."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import ConfigModel

Detail = Literal["scores", "short", "full"]
LogLevel = Literal["debug", "info", "warning", "error"]
PathText = Annotated[str, Field(min_length=1, max_length=4096)]


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

    level: Literal["normal", "quiet"] = "normal"
    """`quiet` leaves only problems and the closing block of the run."""

    detail: Detail = "short"
    """How much of a judge's reply is shown: nothing (`scores`), its first 80 characters (`short`)
    or all of it (`full`)."""

    steps: bool = True
    """Whether each worker's denoising steps are shown, at most every ten seconds."""

    logs: LogLevel | Literal["none"] = "info"
    """Least level of log lines that are shown; lines of workers are `info`."""

    def writes_to_stderr(self) -> bool:
        """Return whether it has no file."""
        return self.path is None


class JsonConfig(ReporterConfig):
    """Every event as one line of structured JSON, written by structlog."""

    stream: Literal["stderr", "stdout"] = "stderr"
    """Where the lines go if there is no `path`."""

    path: PathText | None = None
    """File to append to instead of the stream. `{run_id}` and `{run_dir}` are replaced."""

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


class FileConfig(ReporterConfig):
    """The detailed text of a run in a file, each line with its time."""

    path: PathText = "{run_dir}/detail.log"
    """File to append to. `{run_id}` and `{run_dir}` are replaced."""

    detail: Detail = "full"
    """How much of a judge's reply is written: nothing (`scores`), its first 80 characters
    (`short`) or all of it (`full`)."""

    steps: bool = False
    """Whether every denoising step is written."""

    logs: LogLevel | Literal["none"] = "debug"
    """Least level of log lines that are written; lines of workers are `info`."""


class EventsConfig(ReporterConfig):
    """The lossless recording of every event, versioned."""

    path: PathText = "{run_dir}/events.jsonl"
    """File to append to. `{run_id}` and `{run_dir}` are replaced."""
