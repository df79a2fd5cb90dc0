"""Where reporters write: files named by a template, and streams of any encoding."""

import codecs
import os
from pathlib import Path
from typing import TextIO

from editgauge.core.hooks.reporting import ReporterContext

_ASCII = str.maketrans({"…": "...", "±": "+/-", "│": "|"})


def resolve_path(template: str, context: ReporterContext) -> Path:
    """Return the path that a config means.

    `{run_id}` and `{run_dir}` are replaced literally, a leading `~` is the home folder, and a
    relative path begins in the current directory.
    """
    text = template.replace("{run_id}", context.run_id).replace("{run_dir}", str(context.run_dir))
    return Path(text).expanduser().absolute()


def open_for_append(path: Path) -> TextIO:
    """Open a UTF-8 text file at its end, its folders created; a torn last line is ended first.

    Raises:
        OSError: it cannot be created or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torn = _is_torn(path)
    # The caller keeps the file open for as long as the reporter lives.
    file = path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n")
    if torn:
        file.write("\n")
    return file


def _is_torn(path: Path) -> bool:
    if not path.is_file() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def speaks_unicode(stream: TextIO) -> bool:
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
