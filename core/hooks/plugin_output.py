"""Keeps what plugins print while they are imported out of what a command prints for programs."""

import contextlib
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar

_TO_STDERR: ContextVar[bool] = ContextVar("plugins_print_to_stderr", default=False)


@contextlib.contextmanager
def plugins_print_to_stderr() -> Iterator[None]:
    """Within it, what plugins print while they are imported and registered goes to stderr.

    For the command line, whose stdout may be read by a program. From Python nothing is moved:
    stdout belongs to the whole process there, to other threads and to the cells of a notebook.
    """
    token = _TO_STDERR.set(True)
    try:
        yield
    finally:
        _TO_STDERR.reset(token)


@contextlib.contextmanager
def stdout_is_in_use() -> Iterator[None]:
    """Within it nothing is moved: threads write to stdout, and their lines would go astray."""
    token = _TO_STDERR.set(False)
    try:
        yield
    finally:
        _TO_STDERR.reset(token)


@contextlib.contextmanager
def plugin_output() -> Iterator[None]:
    """Wrap the import of a plugin, or of something of one."""
    if not _TO_STDERR.get():
        yield
    elif _is_descriptor_1():
        # The stream itself stays: a default argument `file=sys.stdout` is bound at import.
        with _descriptor_1_to_2():
            yield
    else:
        with contextlib.redirect_stdout(sys.stderr):
            yield


def _is_descriptor_1() -> bool:
    try:
        return sys.stdout.fileno() == 1
    except (AttributeError, OSError, ValueError):
        return False  # it is closed, or a stream that is no file


@contextlib.contextmanager
def _descriptor_1_to_2() -> Iterator[None]:
    sys.stdout.flush()
    try:
        kept = os.dup(1)
    except OSError:
        yield  # nobody reads it
        return
    try:
        with contextlib.suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
