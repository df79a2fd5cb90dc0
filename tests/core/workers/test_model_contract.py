"""What a worker says about a model that does not keep to its contract."""

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from editgauge import Config, EditModel, EditRequest, OnReply, OnStep, Reply, RewardModel
from editgauge.core.workers.child import Child
from editgauge.core.workers.protocol import Frame, FrameDecoder

HERE = __name__

REQUEST: Frame = {
    "id": "s",
    "index": 0,
    "images": [],
    "system": "",
    "prompt": "?",
    "labels": [],
    "values": [],
}


class Duck:
    """Has the methods, but is no model."""

    def load(self, config: Config, device: str) -> None: ...
    def edit(self, request: EditRequest, on_step: OnStep) -> Any: ...


class NoEdit(EditModel):
    def load(self, config: Config, device: str) -> None: ...


class Editor(NoEdit):
    given: Any = None
    facts: Any = None

    def edit(self, request: EditRequest, on_step: OnStep) -> Any:
        del request, on_step
        return self.given

    def describe(self) -> Any:
        return self.facts or {}


class Judge(RewardModel):
    replies: Any = ()

    def load(self, config: Config, device: str) -> None: ...

    def score(self, requests: Sequence[Any], on_reply: OnReply) -> Any:
        del requests, on_reply
        return list(self.replies)


class Asked:
    """A worker's side in this process, asked without its other side."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        self.child = Child(self._reader, self._writer)

    def ask(self, kind: str, **frame: Any) -> Frame:
        getattr(self.child, f"_{kind}")({"kind": kind, "request": 1, **frame})
        (answer,) = FrameDecoder().feed(os.read(self._reader, 65536))
        return answer

    def inspect(self, target: str, stage: str) -> Frame:
        return self.ask("inspect", target=target, stage=stage, config={}, list_devices=False)

    def load(self, target: str, stage: str) -> Frame:
        frame: Frame = {
            "target": target,
            "stage": stage,
            "config": {},
            "device": "cpu",
            "threads": None,
        }
        return self.ask("load", **frame)


@pytest.fixture
def worker() -> Asked:
    return Asked()


@pytest.mark.parametrize(
    ("name", "stage", "message"),
    [
        ("Duck", "edit", "should be a subclass of editgauge.EditModel, not <class"),
        ("Judge", "edit", "should be a subclass of editgauge.EditModel, not <class"),
        ("Editor", "score", "should be a subclass of editgauge.RewardModel, not <class"),
        ("HERE", "edit", "should be a subclass of editgauge.EditModel, not tests."),
        ("NoEdit", "edit", "has no method 'edit'"),
        ("Missing", "edit", "has no attribute 'Missing'"),
    ],
)
def test_a_target_that_is_no_model_of_the_stage_is_refused_before_anything_is_loaded(
    worker: Asked, name: str, stage: str, message: str
) -> None:
    for answer in (
        worker.inspect(f"{HERE}:{name}", stage),
        worker.load(f"{HERE}:{name}", stage),
    ):
        assert answer["kind"].endswith("_failed")
        assert message in answer["error"]


def test_models_of_the_right_kind_are_taken(worker: Asked) -> None:
    assert worker.inspect(f"{HERE}:Editor", "edit")["kind"] == "inspected"
    assert worker.inspect(f"{HERE}:Judge", "score")["kind"] == "inspected"
    assert worker.load(f"{HERE}:Editor", "edit")["kind"] == "ready"


class HalfFloat(float):
    """As NumPy has it: a float by inheritance only."""


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"dtype": object()}, "'dtype' is builtins.object"),
        ({"scale": HalfFloat(1)}, f"'scale' is {HERE}.HalfFloat"),
        ({"devices": ["cpu"]}, "'devices' is builtins.list"),
        ({"commit": None}, "'commit' is builtins.NoneType"),
        ({"loss": float("nan")}, "finite numbers, but 'loss' is nan"),
        ("torch 2", "should return a dict, not str"),
    ],
)
def test_facts_that_cannot_go_into_the_manifest_are_named(
    worker: Asked, monkeypatch: pytest.MonkeyPatch, facts: Any, message: str
) -> None:
    monkeypatch.setattr(Editor, "facts", facts)
    answer = worker.load(f"{HERE}:Editor", "edit")
    assert answer["kind"] == "load_failed"
    assert "Editor.describe should return" in answer["error"]
    assert message in answer["error"]


def test_plain_facts_are_passed_on(worker: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"class": "X", "layers": 3, "scale": 0.5, "guidance": True}
    monkeypatch.setattr(Editor, "facts", facts)
    assert worker.load(f"{HERE}:Editor", "edit")["details"] == facts


@pytest.mark.parametrize("given", [None, "picture.png", b"png"])
def test_what_is_no_picture_fails_the_sample(
    worker: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Any
) -> None:
    monkeypatch.setattr(Editor, "given", given)
    worker.load(f"{HERE}:Editor", "edit")
    answer = worker.ask(
        "edit", id="s", index=0, images=[], instruction="x", seed=1, output=str(tmp_path / "x.png")
    )
    assert answer["kind"] == "failed"
    assert "Editor.edit should return a PIL image" in answer["error"]
    # Nothing of the worker's own code, and no more than the error.
    assert answer["traceback"].strip() == answer["error"]
    assert list(tmp_path.iterdir()) == []


def test_a_traceback_begins_where_the_model_does(
    worker: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def edit(self: Editor, request: EditRequest, on_step: OnStep) -> Any:
        del self, request
        on_step("one", 2)  # type: ignore[arg-type]

    monkeypatch.setattr(Editor, "edit", edit)
    worker.load(f"{HERE}:Editor", "edit")
    made = {"id": "s", "index": 0, "images": [], "instruction": "x", "seed": 1}
    answer = worker.ask("edit", **made, output=str(tmp_path / "x.png"))
    # Raised by the worker itself, which the model called with something wrong.
    assert "in on_step" in answer["traceback"]

    def break_down(self: Editor, request: EditRequest, on_step: OnStep) -> Any:
        del self, request, on_step
        raise RuntimeError("broken")

    monkeypatch.setattr(Editor, "edit", break_down)
    answer = worker.ask("edit", **made, output=str(tmp_path / "x.png"))
    lines = answer["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1].endswith("in break_down")
    assert lines[-1] == "RuntimeError: broken"
    assert "child.py" not in answer["traceback"]


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        ([], "one reply per request: 1 were expected, 0 came"),
        (["Score: 8"], "a reply should be an editgauge.Reply, not str"),
        ([Reply(None)], "the text of a reply should be str, not NoneType"),  # type: ignore[arg-type]
        ([Reply("x", "y")], "could not convert string to float"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_reply_fails_the_batch(
    worker: Asked, monkeypatch: pytest.MonkeyPatch, replies: Any, message: str
) -> None:
    monkeypatch.setattr(Judge, "replies", replies)
    worker.load(f"{HERE}:Judge", "score")
    request = {"id": "s", "index": 0, "images": [], "system": "", "prompt": "?"}
    answer = worker.ask("score", requests=[{**request, "labels": [], "values": []}])
    assert answer["kind"] == "failed"
    assert message in answer["error"]


def test_a_value_that_is_no_number_reaches_the_parent_as_text(
    worker: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Judge, "replies", [Reply("", float("inf"))])
    worker.load(f"{HERE}:Judge", "score")
    request = {"id": "s", "index": 0, "images": [], "system": "", "prompt": "?"}
    worker.child._score(
        {"kind": "score", "request": 1, "requests": [{**request, "labels": [], "values": []}]}
    )
    frames = list(FrameDecoder().feed(os.read(worker._reader, 65536)))
    assert [frame["kind"] for frame in frames] == ["reply", "scored"]
    assert frames[0]["value"] == "inf"
    json.dumps(frames, allow_nan=False)


class Hasty(Judge):
    """Raises while threads that it started still wait for their replies."""

    on_reply: OnReply

    def score(self, requests: Sequence[Any], on_reply: OnReply) -> Any:
        del requests
        type(self).on_reply = staticmethod(on_reply)
        raise RuntimeError("one of them failed")


def test_a_reply_that_comes_after_its_request_is_never_taken_for_the_next(worker: Asked) -> None:
    worker.load(f"{HERE}:Hasty", "score")
    assert worker.ask("score", requests=[REQUEST, REQUEST])["kind"] == "failed"
    with pytest.raises(RuntimeError, match="a reply came after its request had ended"):
        Hasty.on_reply(0, Reply("Score: 9"))
    os.set_blocking(worker._reader, False)
    with pytest.raises(BlockingIOError):
        os.read(worker._reader, 1)


class Crowd(Judge):
    """Gives all its replies at once, each from a thread of its own."""

    def score(self, requests: Sequence[Any], on_reply: OnReply) -> Any:
        replies = [Reply(str(position) * 200_000) for position in range(len(requests))]
        threads = [
            threading.Thread(target=on_reply, args=pair)
            for pair in enumerate(replies)
            for _ in "ab"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return replies


def test_replies_of_several_threads_arrive_whole_and_once(worker: Asked) -> None:
    worker.load(f"{HERE}:Crowd", "score")
    number = 6
    answering = threading.Thread(
        target=worker.child._score,
        args=[{"kind": "score", "request": 1, "requests": [REQUEST] * number}],
    )
    answering.start()
    frames: list[Frame] = []
    decoder = FrameDecoder()
    while not frames or frames[-1]["kind"] == "reply":
        frames += decoder.feed(os.read(worker._reader, 65536))
    answering.join()
    assert frames.pop()["kind"] == "scored"
    assert sorted(frame["position"] for frame in frames) == list(range(number))
    assert all(frame["text"] == str(frame["position"]) * 200_000 for frame in frames)


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SpeechlessError(), "SpeechlessError: (its message cannot be shown: ValueError)"),
        (RuntimeError("x" * 70_000_000), "RuntimeError: xxx"),
    ],
)
def test_an_error_that_cannot_be_told_fails_its_sample_and_not_the_worker(
    worker: Asked, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def edit(*_arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(Editor, "edit", edit)
    monkeypatch.setattr("editgauge.core.workers.child._TRACEBACK_LENGTH", 1000)
    worker.load(f"{HERE}:Editor", "edit")
    answer = worker.ask("edit", id="s", index=0, images=[], instruction="x", seed=1, output="x.png")
    assert answer["kind"] == "failed"
    assert answer["error"].startswith(message)
    assert len(answer["error"]) <= 10_000


class Fickle(Judge):
    """Tells one reply and returns another."""

    def score(self, requests: Sequence[Any], on_reply: OnReply) -> Any:
        on_reply(0, Reply("Score: 9"))
        return [Reply("Score: 2") for _ in requests]


def test_two_different_replies_to_one_request_do_not_go_unnoticed(worker: Asked) -> None:
    worker.load(f"{HERE}:Fickle", "score")
    worker.child._score({"kind": "score", "request": 1, "requests": [REQUEST]})
    frames = list(FrameDecoder().feed(os.read(worker._reader, 65536)))
    assert [frame["kind"] for frame in frames] == ["reply", "failed"]
    assert frames[0]["text"] == "Score: 9"
    assert "gave two different replies to request 0" in frames[1]["error"]
