"""Where reporters write: files named by a template, and streams of any encoding."""

import codecs
import errno
import os
from pathlib import Path
from typing import Protocol, TextIO

from editgauge.config_schemas.path_patterns import fill_pattern
from editgauge.core.hooks.reporting import ReporterContext

_ASCII = str.maketrans({"…": "...", "±": "+/-", "│": "|"})


class Sink(Protocol):
    """What lines are written to: an open file, a stream, or a `LogFile`."""

    @property
    def encoding(self) -> str:
        """The name of its encoding."""
        ...

    def write(self, text: str, /) -> int:
        """Take a text, and return how many characters it has."""
        ...

    def flush(self) -> None:
        """Let everybody see what was written."""
        ...


def resolve_path(pattern: str, context: ReporterContext, *, date: str | None = None) -> Path:
    """Return the path that a config means.

    `{run_id}` and `{run_dir}`, and `{date}` if there is one, are replaced literally, a leading `~`
    is the home folder, and a relative path begins in the current directory.

    Raises:
        ValueError: there is another brace in the pattern.
    """
    values = {"run_id": context.run_id, "run_dir": str(context.run_dir)}
    if date is not None:
        values["date"] = date
    return Path(fill_pattern(pattern, values)).expanduser().absolute()


def open_for_append(path: Path, *, new: bool = False) -> TextIO:
    """Open a UTF-8 text file at its end, its folders created; a torn last line is ended first.

    Args:
        path: the file.
        new: whether it must be new (`ReporterContext.new_files`).

    Raises:
        OSError: it cannot be created or written, or holds something and should be new.
    """
    if new:
        check_new(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = is_torn(path)
    # The caller keeps the file open for as long as the reporter lives.
    file = path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n")
    if torn:
        file.write("\n")
    return file


def check_new(path: Path) -> None:
    """Refuse a file that holds something; what is no file on a disk, as /dev/stdout, never does.

    Raises:
        FileExistsError: there is such a file.
    """
    if path.is_file() and path.stat().st_size > 0:
        raise FileExistsError(
            errno.EEXIST, "it holds something already, and nothing is added to it", str(path)
        )


def is_torn(path: Path) -> bool:
    """Return whether the last line of a file has no end.

    Raises:
        OSError: the file cannot be read.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def speaks_unicode(stream: Sink) -> bool:
    """Return whether a stream can hold every character; unknown encodings are taken as UTF-8."""
    try:
        return codecs.lookup(stream.encoding or "utf-8").name.startswith("utf")
    except (AttributeError, LookupError):
        return True


def encodable(text: str, stream: TextIO) -> str:
    """Return text that a stream can hold, other characters replaced or escaped."""
    if text.isascii() or speaks_unicode(stream):
        return text
    return (
        text.translate(_ASCII)
        .encode(stream.encoding, "backslashreplace")
        .decode(stream.encoding, "replace")
    )
