"""What can be known about a stream that people may be looking at."""

import os
from collections.abc import Mapping
from typing import TextIO

FALLBACK_SIZE = (80, 24)
"""Columns and rows of a terminal that does not say how large it is."""


def is_interactive(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether the stream is a terminal whose cursor can be moved (`TERM` is not `dumb`)."""
    environ = os.environ if environ is None else environ
    return is_terminal(stream) and not is_dumb(environ)


def is_terminal(stream: TextIO) -> bool:
    """Return whether the stream is a terminal of any kind."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # a replaced or closed stream
        return False


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal, if there is one, cannot move its cursor (`TERM=dumb`)."""
    return environ.get("TERM", "") == "dumb"


def is_ci(environ: Mapping[str, str]) -> bool:
    """Return whether a continuous integration service says that it runs this (`CI`)."""
    return environ.get("CI", "").lower() not in ("", "0", "false")


def wants_color(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether colour is wanted: `NO_COLOR`, else `FORCE_COLOR`, else a capable terminal.

    See https://no-color.org and https://force-color.org: each counts if it is not empty.
    """
    environ = os.environ if environ is None else environ
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return is_interactive(stream, environ)


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Return columns and rows of the terminal that a stream writes to, else 80 and 24."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return FALLBACK_SIZE
    return columns or FALLBACK_SIZE[0], rows or FALLBACK_SIZE[1]
