"""Workers that speak wrongly: programs that are no worker at all, in real runs.

Whatever comes over the channel, the run ends with a clear reason or with right results.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.core.hooks.events import SampleFinished, StepFinished, WorkerLost
from editgauge.core.run.result import RunResult
from editgauge.core.workers import process as processes
from tests.support.fake_worker import make_fake
from tests.support.runs import Recorder, make_dataset, run, run_config

SAMPLES = 3


def _run(
    folder: Path, scenario: str, *, stage: str = "edit", **workers: Any
) -> tuple[RunResult, Recorder, str]:
    make_dataset(folder / "data", SAMPLES)
    settings: dict[str, Any] = {"devices": ["cpu"], **workers}
    fakes = {"edit": "", stage: scenario}
    config = run_config(folder)
    for name, text in fakes.items():
        section = config["edit" if name == "edit" else "reward"]
        section["workers"] |= {"python": make_fake(folder / "fakes", text, name=name)}
        section["workers"] |= settings if name == stage else {"devices": ["cpu"]}
    if stage == "edit":
        config["reward"] = None
    return run(config)


def _check_right(result: RunResult, stage: str = "edit") -> None:
    """Check that every sample has its one right outcome."""
    assert (result.exit_code, result.reason) == (0, "")
    lines = (result.run_dir / "results.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert sorted(row["index"] for row in rows if row["stage"] == "edit") == list(range(SAMPLES))
    assert {row["image_sha256"] for row in rows if row["stage"] == "edit"} == {
        rows[0]["image_sha256"]
    }
    if stage == "score":
        scores = {row["index"]: row["score"] for row in rows if row["stage"] == "score"}
        assert scores == {index: float(index) for index in range(SAMPLES)}


_IN_PREFLIGHT = {
    "garbage": (
        "def on_hello(frame): write(b'Python 2.7 is no longer supported')",
        "something else was written to the channel: b'Python 2.7",
    ),
    "a huge length": (
        "def on_hello(frame): write(struct.pack('>I', 2**32 - 1))",
        "a frame of 4,294,967,295 bytes was announced",
    ),
    "another program": (
        "def on_hello(frame): send(hello_frame(magic='other-worker'))",
        "expected a hello frame with magic 'editgauge-worker', got kind hello with magic other-",
    ),
    "no hello": (
        "def on_hello(frame): send(inspected_frame())",
        "expected a hello frame with magic 'editgauge-worker', got kind inspected",
    ),
    "another protocol": (
        "def on_hello(frame): send(hello_frame(protocols=[98, 99], version='9.9'))",
        (
            f"this side (editgauge {editgauge.__version__}) speaks worker protocols [1], the other "
            "side (editgauge 9.9) speaks [98, 99]"
        ),
    ),
    "another version": (
        "def on_hello(frame): send(hello_frame(version='9.9.9'))",
        f"this side is editgauge {editgauge.__version__}, the other side is editgauge 9.9.9",
    ),
    "protocols that cannot be compared": (
        "def on_hello(frame): send(hello_frame(protocols=[[1], {}, None, True, 1.0]))",
        "speaks [[1], {}, None, True, 1.0]",
    ),
    "protocols nested too deep to be shown": (
        (
            "def on_hello(frame):\n"
            "    start = json.dumps(hello_frame())[:-1].encode()\n"
            "    send(start.replace(b'[1]', b'[' * 900 + b']' * 900) + b'}')"
        ),
        "broke the protocol",
    ),
    "a python that is no text": (
        "def on_hello(frame): send(hello_frame(python=3.11))",
        "'python' of a 'hello' frame should be text, got 3.11",
    ),
    "two hellos": (
        "def on_hello(frame): send(hello_frame(), hello_frame())",
        "broke the protocol: an unexpected 'hello' frame came",
    ),
    "devices that are no list": (
        "def on_inspect(frame): send(inspected_frame(devices='cpu'))",
        "'devices' of a 'inspected' frame should be a list of texts, got 'cpu'",
    ),
    "versions that are no object": (
        "def on_inspect(frame): send(inspected_frame(versions=['torch']))",
        "'versions' of a 'inspected' frame should be an object of texts",
    ),
    "no fingerprint": (
        (
            "def on_inspect(frame):\n"
            "    frame = inspected_frame()\n"
            "    del frame['fingerprint']\n"
            "    send(frame)"
        ),
        "a 'inspected' frame has no 'fingerprint'",
    ),
    "a kind that is unknown": (
        "def on_inspect(frame): send(dict(kind='dreamt'))",
        "a frame of unknown kind 'dreamt' came",
    ),
    "a kind that is no text": (
        "def on_inspect(frame): send(dict(kind=7))",
        "a frame is no JSON object with a 'kind'",
    ),
    "a list": (
        "def on_inspect(frame): send([inspected_frame()])",
        "a frame is no JSON object with a 'kind'",
    ),
    "bytes that are no text": (
        'def on_inspect(frame): send(b\'{"kind": "inspected\\xff"}\')',
        "a frame is not strict JSON in UTF-8",
    ),
    "NaN": (
        "def on_inspect(frame): send(inspected_frame(load=float('nan')))",
        "NaN is no JSON number",
    ),
    "a number that no float holds": (
        'def on_inspect(frame): send(b\'{"kind": "inspected", "load": 1e999}\')',
        "the number 1e999 is too large",
    ),
    "a key that comes twice": (
        'def on_inspect(frame): send(b\'{"kind": "inspected", "kind": "ready"}\')',
        "the key 'kind' comes twice",
    ),
    "JSON nested too deep": (
        "def on_inspect(frame): send(b'{\"kind\": ' + b'[' * 200_000)",
        "a frame is not strict JSON",
    ),
    "an end in the middle of a frame": (
        "def on_inspect(frame):\n    write(framed(inspected_frame())[:20])\n    os._exit(3)",
        "exited with code 3",
    ),
    "the end of the channel alone": (
        "def on_inspect(frame):\n    os.close(RESPONSES)\n    time.sleep(600)",
        "the channel ended, and the worker lives on",
    ),
    "half a frame and the end of the channel": (
        (
            "def on_inspect(frame):\n"
            "    write(framed(inspected_frame())[:20])\n"
            "    os.close(RESPONSES)\n"
            "    time.sleep(600)"
        ),
        "the channel ended in the middle of a frame (20 bytes of it came), and the worker lives",
    ),
}


@pytest.mark.parametrize("what", _IN_PREFLIGHT)
def test_an_environment_that_speaks_wrongly_is_found_before_the_run(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_FLUSH_SECONDS", 0.3)
    scenario, said = _IN_PREFLIGHT[what]
    result, _, _ = _run(tmp_path, scenario)
    assert result.exit_code == 2, result.reason
    assert "edit: the worker environment of 'sleeping' cannot be used" in result.reason
    assert said in result.reason
    assert len(result.reason) < 2000


_FIRST = """
good = on_{0}
def on_{0}(frame):
    if not is_first():
        return good(frame)
    {1}
"""


def _first(what: str, does: str) -> str:
    """Return a scenario in which the first process that is asked to do something misbehaves."""
    return _FIRST.format(what, does)


def _first_load(does: str) -> str:
    """The same of loading; the others wait, lest they finish everything before it is noticed."""
    return _FIRST.replace(
        "        return", "        wait_until_first_is_gone()\n        return"
    ).format("load", does)


_ONCE = {
    "ready twice": (
        _first_load("send(ready_frame(), ready_frame())"),
        "a 'ready' frame came while it was",
    ),
    "an answer without a request": (
        _first_load(
            "send(ready_frame(), dict(kind='began', request=1), dict(kind='step', request=1, "
            "step=1, of=2), dict(kind='edited', request=1, seconds=1, width=8, height=8, "
            # It must not go on, or it might paint the image before its false answer is read.
            "sources_sha256=[''], image_sha256='')); time.sleep(600)",
        ),
        "there is no image at",
    ),
    "versions that are no texts": (
        _first_load("send(ready_frame(versions=dict(torch=2)))"),
        "'versions' of a 'ready' frame should be an object of texts",
    ),
    "facts that the manifest cannot hold": (
        _first_load("send(ready_frame(details=dict(weights=[1, 2])))"),
        "'details' of a 'ready' frame should be an object of texts, numbers, and true or false",
    ),
    "facts that are not finite": (
        _first_load("send(ready_frame(details=dict(loss=float('inf'))))"),
        "Infinity is no JSON number",
    ),
    "an error that is no text": (
        _first_load("send(dict(kind='load_failed', error=[[1]]))"),
        "'error' of a 'load_failed' frame should be text",
    ),
    "an answer twice": (
        _first(
            "edit",
            "paint(frame); send(began_frame(frame), edited_frame(frame), edited_frame(frame))",
        ),
        "a 'edited' frame of request 1 came while it was",
    ),
    "an answer before it began": (
        _first("edit", "paint(frame); send(edited_frame(frame))"),
        "a 'edited' frame of request 1 came while it was busy with request 1, not begun",
    ),
    "the answer to another request": (
        _first("edit", "paint(frame); send(began_frame(frame), edited_frame(frame, request=7))"),
        "a 'edited' frame of request 7 came while it was busy with request 1",
    ),
    "an image that is not there": (
        _first("edit", "send(began_frame(frame), edited_frame(frame))"),
        "there is no image",
    ),
    "an impossible size": (
        _first("edit", "paint(frame); send(began_frame(frame), edited_frame(frame, width=0))"),
        "'width' of a 'edited' frame should be a whole number from 1, got 0",
    ),
    "half a pixel": (
        _first("edit", "paint(frame); send(began_frame(frame), edited_frame(frame, height=8.5))"),
        "'height' of a 'edited' frame should be a whole number from 1, got 8.5",
    ),
    "a time before the start": (
        _first("edit", "paint(frame); send(began_frame(frame), edited_frame(frame, seconds=-1))"),
        "'seconds' of a 'edited' frame should be a number of seconds, got -1",
    ),
    "too few digests": (
        _first(
            "edit", "paint(frame); send(began_frame(frame), edited_frame(frame, sources_sha256=[]))"
        ),
        "0 digests for 1 images",
    ),
    "a judgement of an edit": (
        _first("edit", "paint(frame); send(began_frame(frame), scored_frame(frame))"),
        "a 'scored' frame cannot be used",
    ),
    "half an answer": (
        _first("edit", "write(framed(edited_frame(frame))[:50]); os._exit(0)"),
        "exited with code 0",
    ),
    "half an answer and silence": (
        _first(
            "edit", "paint(frame); send(began_frame(frame)); write(b'\\0\\0\\1'); time.sleep(600)"
        ),
        "gave no answer within 2 s",
    ),
    "a long frame that never comes": (
        _first(
            "edit",
            "paint(frame); send(began_frame(frame)); write(b'\\4\\0\\0\\0'); time.sleep(600)",
        ),
        "gave no answer within 2 s",
    ),
}


@pytest.mark.parametrize("what", _ONCE)
def test_a_worker_that_speaks_wrongly_once_is_replaced_and_costs_no_sample(
    what: str, tmp_path: Path
) -> None:
    scenario, said = _ONCE[what]
    patient = "silence" not in what and "never" not in what
    # Two workers: one that cannot start is tried again only once another one could.
    devices = ["cpu", "cpu"] if "on_load" in scenario else ["cpu"]
    limit = 60 if patient else 2
    result, recorder, _ = _run(tmp_path, scenario, devices=devices, request_timeout=limit)
    (lost,) = recorder.of(WorkerLost)
    assert said in lost.reason
    assert len(lost.reason) < 1000
    _check_right(result)


_JUDGING = {
    "a reply twice": (
        (
            "send(began_frame(frame), reply_frame(frame, 0), "
            "reply_frame(frame, 0, text='Score: 9'), scored_frame(frame))"
        ),
        "a 'reply' frame cannot be used",
    ),
    "a reply out of range": (
        "send(began_frame(frame), reply_frame(frame, 0, position=2))",
        "a 'reply' frame cannot be used",
    ),
    "a reply from the end": (
        "send(began_frame(frame), reply_frame(frame, 0, position=-1))",
        "'position' of a 'reply' frame should be a whole number from 0, got -1",
    ),
    "half a position": (
        "send(began_frame(frame), reply_frame(frame, 0, position=1.5))",
        "'position' of a 'reply' frame should be a whole number from 0, got 1.5",
    ),
    "a truth for a position": (
        "send(began_frame(frame), reply_frame(frame, 0, position=True))",
        "'position' of a 'reply' frame should be a whole number from 0, got True",
    ),
    "an end before the last reply": (
        "send(began_frame(frame), reply_frame(frame, 0), scored_frame(frame))",
        "1 replies are missing",
    ),
    "a reply after the end": (
        (
            "send(began_frame(frame), reply_frame(frame, 0), reply_frame(frame, 1), "
            "scored_frame(frame), reply_frame(frame, 0, text='Score: 9'))"
        ),
        "a 'reply' frame of request 1 came while it was",
    ),
    "a reply that is no text": (
        "send(began_frame(frame), reply_frame(frame, 0, text=dict(score=9)))",
        "'text' of a 'reply' frame should be text, got {'score': 9}",
    ),
    "a value as text": (
        "send(began_frame(frame), reply_frame(frame, 0, value='9'))",
        "'value' of a 'reply' frame should be a number, null,",
    ),
    "a time that is not finite": (
        "send(began_frame(frame), reply_frame(frame, 0, seconds='nan'))",
        "'seconds' of a 'reply' frame should be a number of seconds, got 'nan'",
    ),
    "an edit for a judgement": (
        "send(began_frame(frame), dict(kind='step', request=frame['request'], step=1, of=2))",
        "a 'step' frame cannot be used",
    ),
}


@pytest.mark.parametrize("what", _JUDGING)
def test_a_judge_that_speaks_wrongly_once_gives_no_sample_the_reply_to_another(
    what: str, tmp_path: Path
) -> None:
    does, said = _JUDGING[what]
    result, recorder, _ = _run(tmp_path, _first("score", does), stage="score")
    (lost,) = recorder.of(WorkerLost)
    assert said in lost.reason
    _check_right(result, "score")


def test_replies_may_come_in_any_order(tmp_path: Path) -> None:
    scenario = """
        def on_score(frame):
            numbers = reversed(range(len(frame["requests"])))
            replies = [reply_frame(frame, number) for number in numbers]
            send(began_frame(frame), *replies, scored_frame(frame))
    """
    result, recorder, _ = _run(tmp_path, scenario, stage="score")
    assert recorder.of(WorkerLost) == []
    _check_right(result, "score")


def test_frames_may_come_byte_by_byte_or_all_at_once(tmp_path: Path) -> None:
    scenario = """
        def send(*frames):
            in_pieces(b"".join(framed(frame) for frame in frames))

        def on_edit(frame):
            paint(frame)
            steps = [dict(kind="step", request=frame["request"], step=n, of=9) for n in range(9)]
            send(began_frame(frame), *steps, edited_frame(frame))
    """
    result, recorder, _ = _run(tmp_path, scenario, stage="edit")
    assert recorder.of(WorkerLost) == []
    _check_right(result)


def test_a_frame_may_be_split_at_every_byte(tmp_path: Path) -> None:
    scenario = """
        def on_edit(frame):
            paint(frame)
            send(began_frame(frame))
            step = framed(dict(kind="step", request=frame["request"], step=1, of=2))
            for cut in range(len(step) + 1):
                write(step[:cut])
                time.sleep(0.002)
                write(step[cut:])
            send(edited_frame(frame))
    """
    result, recorder, _ = _run(tmp_path, scenario)
    assert recorder.of(WorkerLost) == []
    assert len(recorder.of(StepFinished)) > 40 * SAMPLES
    _check_right(result)


def test_a_worker_that_always_speaks_wrongly_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    scenario = """
        def on_load(frame):
            os.write(2, b"the judge is not at home\\n")
            write(b"<html>502 Bad Gateway</html>")
    """
    result, recorder, _ = _run(tmp_path, scenario)
    assert result.exit_code == 101
    assert "something else was written to the channel: b'<html>" in result.reason
    assert "| the judge is not at home" in result.reason
    assert recorder.of(SampleFinished) == []
