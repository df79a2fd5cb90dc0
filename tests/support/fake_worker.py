"""Interpreters that are no Python: programs that say over a worker's pipes whatever a test wants.

`make_fake` returns an executable to be given as `workers.python`. It answers as a worker does,
until a scenario replaces one of its answers.
"""

import json
import sys
import textwrap
from pathlib import Path

from PIL import Image

import editgauge

_PROGRAM = """
import hashlib, json, os, pathlib, struct, sys, time

REQUESTS, RESPONSES = int(sys.argv[2]), int(sys.argv[3])
VERSION = {version!r}
PICTURE = bytes.fromhex({picture!r})


def is_first(marker={marker!r}):
    "Return whether no other process of this fake has misbehaved yet."
    try:
        os.symlink(str(os.getpid()), marker)
    except FileExistsError:
        return False
    return True


def wait_until_first_is_gone(marker={marker!r}):
    "Wait for the end of the process that was first, and a while for the parent to hear of it."
    while os.path.exists("/proc/" + os.readlink(marker)):
        time.sleep(0.01)
    time.sleep(1)


def read():
    def exactly(number):
        data = b""
        while len(data) < number:
            more = os.read(REQUESTS, number - len(data))
            if not more:
                os._exit(0)
            data += more
        return data

    return json.loads(exactly(struct.unpack(">I", exactly(4))[0]))


def framed(payload):
    if not isinstance(payload, bytes):
        payload = json.dumps(payload).encode()
    return struct.pack(">I", len(payload)) + payload


def write(data):
    while data:
        data = data[os.write(RESPONSES, data) :]


def send(*frames):
    write(b"".join(framed(frame) for frame in frames))


def in_pieces(data, size=1, pause=0.0):
    for start in range(0, len(data), size):
        write(data[start : start + size])
        time.sleep(pause)


def hello_frame(**changes):
    return dict(dict(
        kind="hello", magic="editgauge-worker", protocols=[1], version=VERSION, python="3.11.0"
    ), **changes)


def inspected_frame(**changes):
    return dict(dict(kind="inspected", devices=["cpu"], versions={{}}, fingerprint=""), **changes)


def ready_frame(**changes):
    return dict(dict(kind="ready", versions={{}}, details={{}}), **changes)


def began_frame(asked):
    return dict(kind="began", request=asked["request"])


def edited_frame(asked, **changes):
    digests = [hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
               for path in asked["images"]]
    return dict(dict(
        kind="edited", request=asked["request"], seconds=0.1, width=8, height=8,
        sources_sha256=digests, image_sha256=hashlib.sha256(PICTURE).hexdigest(),
    ), **changes)


def reply_frame(asked, which, **changes):
    digests = [hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
               for path in asked["requests"][which]["images"]]
    number = asked["requests"][which]["index"]
    return dict(dict(
        kind="reply", request=asked["request"], position=which, seconds=0.1,
        text="Score: %d" % number, value=None, truncated=False, images_sha256=digests,
    ), **changes)


def scored_frame(asked):
    return dict(kind="scored", request=asked["request"], seconds=0.1)


def paint(request):
    pathlib.Path(request["output"]).write_bytes(PICTURE)


def on_hello(frame):
    send(hello_frame())


def on_inspect(frame):
    send(inspected_frame())


def on_load(frame):
    send(ready_frame())


def on_edit(frame):
    paint(frame)
    send(began_frame(frame), edited_frame(frame))


def on_score(frame):
    replies = [reply_frame(frame, number) for number in range(len(frame["requests"]))]
    send(began_frame(frame), *replies, scored_frame(frame))


def on_shutdown(frame):
    os._exit(0)


{scenario}

while True:
    frame = read()
    globals()["on_" + frame["kind"]](frame)
"""


def make_fake(folder: Path, scenario: str = "", *, name: str = "fake") -> str:
    """Write a fake interpreter and return its path.

    Args:
        folder: where it goes.
        scenario: Python that replaces `on_hello`, `on_inspect`, `on_load`, `on_edit` or `on_score`;
            `is_first()` tells the first process that asks from all later ones, which may want to
            `wait_until_first_is_gone()`.
        name: of the file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}.png"
    Image.new("RGB", (8, 8), "blue").save(picture)
    program = folder / f"{name}.py"
    program.write_text(
        _PROGRAM.format(
            version=editgauge.__version__,
            picture=picture.read_bytes().hex(),
            marker=str(folder / f"{name}.marker"),
            scenario=textwrap.dedent(scenario),
        ),
        encoding="utf-8",
    )
    executable = folder / name
    executable.write_text(
        f'#!/bin/sh\nexec {json.dumps(sys.executable)} -IS {json.dumps(str(program))} "$@"\n',
        encoding="utf-8",
    )
    executable.chmod(0o755)
    return str(executable)
