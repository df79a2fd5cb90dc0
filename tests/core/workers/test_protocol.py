import json
import os
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.workers.protocol import (
    MAX_FRAME,
    FrameDecoder,
    ProtocolError,
    check_hello,
    encode_frame,
    hello,
    read_frames,
    write_frame,
)

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FRAMES = st.lists(
    st.dictionaries(st.text(), _JSON, max_size=3).map(lambda frame: {**frame, "kind": "k"}),
    max_size=4,
)


@given(frames=_FRAMES, cuts=st.lists(st.integers(0, 2000), max_size=8))
def test_frames_survive_being_cut_anywhere(frames: list[dict[str, Any]], cuts: list[int]) -> None:
    data = b"".join(encode_frame(frame) for frame in frames)
    decoder, received, last = FrameDecoder(), [], 0
    for cut in [*sorted(cut for cut in cuts if cut <= len(data)), len(data)]:
        received += list(decoder.feed(data[last:cut]))
        last = cut
    decoder.finish()
    assert received == frames


def test_frames_arrive_byte_by_byte() -> None:
    frame = {"kind": "step", "text": "é\ud800"}
    decoder, received = FrameDecoder(), []
    for byte in encode_frame(frame):
        received += list(decoder.feed(bytes([byte])))
    assert received == [frame]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"print was here, not a frame", "something else was written"),
        (struct.pack(">I", MAX_FRAME + 1), "something else was written"),
        (struct.pack(">I", 4) + b"nope", "not strict JSON"),
        (struct.pack(">I", 2) + b"[]", "no JSON object"),
        (struct.pack(">I", 10) + b'{"kind":1}', "no JSON object with a 'kind'"),
        (struct.pack(">I", 2) + b"\xff\xfe", "not strict JSON"),
    ],
)
def test_what_is_no_frame_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        list(FrameDecoder().feed(data))


@pytest.mark.parametrize("length", [1, 3, 5, 20])
def test_a_frame_cut_off_by_the_end_is_refused(length: int) -> None:
    decoder = FrameDecoder()
    assert list(decoder.feed(encode_frame({"kind": "a", "text": "x" * 40})[:length])) == []
    with pytest.raises(ProtocolError, match="middle of a frame"):
        decoder.finish()


def test_nan_and_oversize_are_not_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_frame({"kind": "reply", "value": float("nan")})
    with pytest.raises(ProtocolError, match="'huge' frame has"):
        encode_frame({"kind": "huge", "text": "x" * MAX_FRAME})


def test_frames_pass_through_a_pipe() -> None:
    reader, writer = os.pipe()
    write_frame(writer, {"kind": "one"})
    write_frame(writer, {"kind": "two"})
    os.close(writer)
    assert [frame["kind"] for frame in read_frames(reader)] == ["one", "two"]
    os.close(reader)


def test_hello_of_the_same_version_is_accepted() -> None:
    check_hello(json.loads(json.dumps(hello("1.2.3"))), own_version="1.2.3")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"magic": "other"}, "expected a hello frame"),
        ({"kind": "ready"}, "expected a hello frame"),
        ({"protocols": [99]}, r"speaks worker protocols \[1\].* speaks \[99\]"),
        ({"protocols": "1"}, "speaks worker protocols"),
        ({"version": "9.9"}, r"editgauge 1\.2\.3.*editgauge 9\.9"),
    ],
)
def test_hello_of_another_kind_names_both_sides(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        check_hello({**hello("1.2.3"), **change}, own_version="1.2.3")
