"""Writing to streams that take nothing, and to streams that are gone."""

import io
import os
import threading
from typing import TextIO, cast

from editgauge.core.stopped_streams import Taken, settle, write_if_taken


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
    assert write_if_taken(stream, "one\n") is Taken.WHOLE
    assert settle(stream) is Taken.WHOLE
    assert stream.getvalue() == "one\n"


def test_a_stream_that_takes_nothing_is_left() -> None:
    stream = Stopped()
    assert write_if_taken(stream, "one\n", patience=0.01) is Taken.NOT_YET
    assert settle(stream, patience=0.01) is Taken.NOT_YET
    stream.gate.set()
    for thread in threading.enumerate():
        if thread.name == "stopped-stream":
            thread.join(20)
    assert stream.getvalue() == "one\n"


def test_a_stream_that_nobody_reads_or_that_is_none_is_no_error() -> None:
    assert write_if_taken(Left(), "one\n") is Taken.NEVER
    closed = io.StringIO()
    closed.close()
    assert write_if_taken(closed, "one\n") is Taken.NEVER
    assert settle(None) is Taken.NEVER
    assert write_if_taken(cast("TextIO", None), "one\n") is Taken.NEVER


def test_what_nobody_reads_any_more_is_thrown_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w")
    stream.write("one\n")
    assert settle(stream) is Taken.NEVER
    assert settle(stream) is Taken.WHOLE
    stream.close()
