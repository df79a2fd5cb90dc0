"""What can be known about a stream that people may be looking at."""

import os
from collections.abc import Mapping
from typing import TextIO


def is_interactive(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Return whether the stream is a terminal whose cursor can be moved (`TERM` is not `dumb`)."""
    environ = os.environ if environ is None else environ
    return _is_terminal(stream) and environ.get("TERM", "") != "dumb"


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


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # a replaced or closed stream
        return False
