"""Writing to streams that take nothing, and to streams that are gone."""

import io
import threading
from typing import TextIO, cast

from editgauge.core.stopped_streams import flush_if_taken, write_if_taken


class Stopped(io.StringIO):
    """Takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def write(self, text: str, /) -> int:
        assert self.gate.wait(20)
        return super().write(text)

    def flush(self) -> None:
        assert self.gate.wait(20)


class Left(io.StringIO):
    """Nobody reads it."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError(text)


def test_what_is_taken_is_written_at_once() -> None:
    stream = io.StringIO()
    assert write_if_taken(stream, "one\n")
    assert flush_if_taken(stream)
    assert stream.getvalue() == "one\n"


def test_a_stream_that_takes_nothing_is_left() -> None:
    stream = Stopped()
    assert not write_if_taken(stream, "one\n", patience=0.01)
    assert not flush_if_taken(stream, patience=0.01)
    stream.gate.set()
    for thread in threading.enumerate():
        if thread.name == "stopped-stream":
            thread.join(20)
    assert stream.getvalue() == "one\n"


def test_a_stream_that_nobody_reads_or_that_is_none_is_no_error() -> None:
    assert write_if_taken(Left(), "one\n")
    closed = io.StringIO()
    closed.close()
    assert write_if_taken(closed, "one\n")
    assert flush_if_taken(closed)
    assert flush_if_taken(None)
    assert write_if_taken(cast("TextIO", None), "one\n")
