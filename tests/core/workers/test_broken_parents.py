"""The worker's side against a parent that speaks wrongly: it ends with a clear line."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

import editgauge
from editgauge.core.workers.environments import child_script, locations
from editgauge.core.workers.protocol import Frame, encode_frame, hello, read_frames

TARGET = "tests.support.models:SleepingEditModel"
HELLO: Frame = {**hello(editgauge.__version__), "locations": locations(TARGET)}
LOAD: Frame = {
    "kind": "load",
    "stage": "edit",
    "target": TARGET,
    "config": {"steps": 1, "step_seconds": 0, "folder": "", "misbehave": {}},
    "device": "cpu",
    "threads": 1,
}


@contextmanager
def child() -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], int]]:
    request_reader, request_writer = os.pipe()
    response_reader, response_writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, child_script(), str(request_reader), str(response_writer)],
        pass_fds=[request_reader, response_writer],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    os.close(request_reader)
    os.close(response_writer)
    with os.fdopen(request_writer, "wb", buffering=0) as requests:
        yield process, requests, response_reader
    process.kill()
    process.communicate()
    os.close(response_reader)


def _frame(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "something else was written to the channel: b'GET /"),
        (struct.pack(">I", 2**32 - 1), "a frame of 4,294,967,295 bytes was announced"),
        (_frame(b"not json"), "a frame is not strict JSON"),
        (_frame(b"[1]"), "a frame is no JSON object with a 'kind'"),
        (_frame(b'{"kind": "hello", "kind": "hello"}'), "the key 'kind' comes twice"),
        (encode_frame(LOAD), "expected a hello frame"),
        (encode_frame({**HELLO, "version": "9.9"}), f"{editgauge.__version__}, the other side is"),
        (encode_frame({**HELLO, "protocols": [99]}), "speaks [99]"),
        (encode_frame({**HELLO, "protocols": [[]]}), "speaks [[]]"),
        (encode_frame({**HELLO, "locations": []}), "has no 'locations'"),
        (encode_frame(HELLO) + encode_frame({"kind": "dream"}), "of unknown kind 'dream'"),
        (encode_frame(HELLO) + encode_frame({"kind": "edit", "request": 1}), "before a model"),
        (
            encode_frame(HELLO) + encode_frame(LOAD) + encode_frame({"kind": "edit"}),
            "a 'edit' frame has no 'request'",
        ),
        (encode_frame(HELLO)[:-5], "the channel ended in the middle of a frame"),
    ],
)
def test_a_worker_whose_parent_speaks_wrongly_ends_and_says_why(sent: bytes, said: str) -> None:
    with child() as (process, requests, _):
        requests.write(sent)
        requests.close()
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = stderr.decode().splitlines()
    assert line.startswith("editgauge worker: the channel to the parent is broken: ")
    assert said in line
    assert len(line) < 1000


def test_requests_may_come_byte_by_byte() -> None:
    with child() as (process, requests, responses):
        for byte in encode_frame(HELLO) + encode_frame(LOAD) + encode_frame({"kind": "shutdown"}):
            requests.write(bytes([byte]))
        assert [frame["kind"] for frame in read_frames(responses)] == ["hello", "ready"]
        assert process.wait(timeout=60) == 0


def test_a_request_that_lacks_what_it_needs_fails_and_the_worker_goes_on() -> None:
    with child() as (process, requests, responses):
        frames = [HELLO, LOAD, {"kind": "edit", "request": 5}, {"kind": "shutdown"}]
        requests.write(b"".join(encode_frame(frame) for frame in frames))
        received = list(read_frames(responses))
        assert process.wait(timeout=60) == 0
    assert [frame["kind"] for frame in received] == ["hello", "ready", "began", "failed"]
    assert [frame.get("request") for frame in received[2:]] == [5, 5]
    assert "KeyError" in received[-1]["error"]
    json.dumps(received, allow_nan=False)
