"""The frames between the parent and a worker.

A frame is a length (4 bytes, big-endian, of the payload) and a payload: one JSON object in UTF-8
with a `kind`. The first frame in each direction is `hello` with magic, protocol versions and
package version. Never pickle: what a worker sends is data.

Standard library only, Python 3.10: this module is imported in workers of any Python environment.
"""

import json
import math
import os
import struct
from collections.abc import Iterator
from typing import Any

MAGIC = "editgauge-worker"
PROTOCOLS = (1,)
MAX_FRAME = 64 * 2**20
"""Largest payload in bytes, in both directions."""

_LENGTH = struct.Struct(">I")
_CHUNK = 65536
_SHOWN_LENGTH = 100

Frame = dict[str, Any]


class ProtocolError(Exception):
    """What came over the channel is no frame, or not the frame that was due."""


class ChannelEndedError(ProtocolError):
    """The channel ended in the middle of a frame."""


def encode_frame(frame: Frame) -> bytes:
    """Return a frame as bytes.

    Raises:
        ProtocolError: it is larger than `MAX_FRAME`.
        ValueError: it is not strict JSON (NaN, infinity).
        TypeError: it holds something that JSON cannot.
    """
    payload = json.dumps(frame, allow_nan=False, separators=(",", ":")).encode("ascii")
    if len(payload) > MAX_FRAME:
        raise ProtocolError(
            f"a {frame.get('kind')!r} frame has {len(payload):,} bytes; "
            f"at most {MAX_FRAME:,} are allowed"
        )
    return _LENGTH.pack(len(payload)) + payload


def write_frame(descriptor: int, frame: Frame) -> None:
    """Write a frame whole.

    Raises:
        OSError: the other side is gone.
        ProtocolError, ValueError, TypeError: as `encode_frame`; nothing was written.
    """
    write_all(descriptor, encode_frame(frame))


def write_all(descriptor: int, data: bytes) -> None:
    """Write bytes whole, in as many pieces as the descriptor takes.

    Raises:
        OSError: it takes no more.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class FrameDecoder:
    """Turns bytes, in pieces of any size, into frames."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Yield every frame that is complete with `data`.

        Raises:
            ProtocolError: a length above `MAX_FRAME`, or a payload that is no JSON object with a
                `kind`. The channel cannot be used any more.
        """
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > MAX_FRAME:
                start = bytes(self._buffer[:32])
                raise ProtocolError(
                    f"a frame of {length:,} bytes was announced (at most {MAX_FRAME:,} are "
                    f"allowed); something else was written to the channel: {start!r}"
                )
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield _decode(payload)

    def finish(self) -> None:
        """Check, at end of file, that no frame is cut off.

        Raises:
            ChannelEndedError: one is.
        """
        if self._buffer:
            raise ChannelEndedError(
                f"the channel ended in the middle of a frame ({len(self._buffer)} bytes of it came)"
            )


def _decode(payload: bytes) -> Frame:
    try:
        frame = _STRICT_JSON.decode(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolError(
            f"a frame is not strict JSON in UTF-8 ({error}): {payload[:80]!r}"
        ) from error
    if not isinstance(frame, dict) or not isinstance(frame.get("kind"), str):
        raise ProtocolError(f"a frame is no JSON object with a 'kind': {payload[:80]!r}")
    return frame


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two values of one key, readers differ in which one counts.
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        keys = [key for key, _ in pairs]
        double = next(key for key in mapping if keys.count(key) > 1)
        raise ValueError(f"the key {double[:40]!r} comes twice")
    return mapping


_STRICT_JSON = json.JSONDecoder(
    object_pairs_hook=_without_doubles, parse_constant=_refuse_constant, parse_float=_finite
)


def read_frames(descriptor: int) -> Iterator[Frame]:
    """Yield frames until end of file.

    Raises:
        ProtocolError: as `FrameDecoder`.
    """
    decoder = FrameDecoder()
    while data := os.read(descriptor, _CHUNK):
        yield from decoder.feed(data)
    decoder.finish()


def hello(version: str) -> Frame:
    """Return the first frame of either side."""
    return {"kind": "hello", "magic": MAGIC, "protocols": list(PROTOCOLS), "version": version}


def check_hello(frame: Frame, *, own_version: str) -> None:
    """Check the other side's first frame.

    Raises:
        ProtocolError: it is no hello of this protocol, or of another editgauge; the message
            names both sides.
    """
    if frame.get("kind") != "hello" or frame.get("magic") != MAGIC:
        raise ProtocolError(
            f"expected a hello frame with magic {MAGIC!r}, got kind {_shown(frame.get('kind'))} "
            f"with magic {_shown(frame.get('magic'))}"
        )
    theirs, version = frame.get("protocols"), frame.get("version")
    if not isinstance(theirs, list) or not any(
        type(number) is int and number in PROTOCOLS for number in theirs
    ):
        raise ProtocolError(
            f"this side (editgauge {own_version}) speaks worker protocols {list(PROTOCOLS)}, "
            f"the other side (editgauge {_shown(version)}) speaks {_shown(theirs)}"
        )
    if version != own_version:
        raise ProtocolError(
            f"this side is editgauge {own_version}, the other side is editgauge "
            f"{_shown(version)}: a run needs the same version on both sides"
        )


def _shown(value: Any) -> str:
    """Return what a frame holds for an error message: it may be of any type and size."""
    try:
        return (value if isinstance(value, str) else repr(value))[:_SHOWN_LENGTH]
    except (RecursionError, ValueError):  # nested too deep, or a number of too many digits
        return f"something of type {type(value).__name__}"
