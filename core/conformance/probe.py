"""A model around the model that is checked, in the same worker: it notes what no frame tells.

Standard library only, Python 3.10: imported in workers of any environment.
"""

import contextlib
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from editgauge.core.conformance.targets import target_problem
from editgauge.core.models import (
    Config,
    EditModel,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    ScoreRequest,
)
from editgauge.core.workers import contract

if TYPE_CHECKING:
    from PIL.Image import Image

POISON = "poisoned:"
"""Beginning of the ids of requests whose images cannot be used by whoever gets them."""

_phase = "start"


class Notes:
    """A file of JSON lines, which the checks read."""

    def __init__(self, path: str) -> None:
        self._path = path

    def add(self, what: str, **facts: Any) -> None:
        """Write a line."""
        with open(self._path, "a", encoding="utf-8") as file:  # noqa: PTH123 - one import less
            file.write(json.dumps({"what": what, **facts}) + "\n")


def _inner(config: Config, stage: str) -> Any:
    """Return the class that is checked, with its `load` watched."""
    notes = Notes(config.notes)
    try:
        found: Any = contract.import_model(config.target, stage)
    except Exception as error:
        if problem := target_problem(config.target, error):
            notes.add("wrong target", problem=problem)
        raise
    if not hasattr(found, "_conformance_watched"):
        load = found.load

        def watched(model: Any, config: Config, device: str) -> None:
            if _phase != "load":
                notes.add("loaded early", during=_phase)
            load(model, config, device)

        found.load = watched
        found._conformance_watched = True  # noqa: SLF001 - in this process only
    return found


class _Probed:
    """What the probes of both kinds share."""

    stage: str

    @classmethod
    def check(cls, config: Config) -> None:
        """Let the model find its files."""
        global _phase  # noqa: PLW0603 - one model lives in this process
        _phase = "check"
        _inner(config, cls.stage).check(config.config)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Ask twice; what is no text is noted."""
        global _phase  # noqa: PLW0603
        _phase = "fingerprint"
        inner, notes = _inner(config, cls.stage), Notes(config.notes)
        try:
            first, second = (
                contract.check_fingerprint(inner.fingerprint(config.config), inner)
                for _ in range(2)
            )
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            notes.add("fingerprint failed", error=f"{type(error).__name__}: {error}")
            return ""
        notes.add("fingerprint", first=first, second=second)
        return ""

    def load(self, config: Config, device: str) -> None:
        """Load the model."""
        global _phase  # noqa: PLW0603
        self._notes = Notes(config.notes)
        _phase = "load"
        self._inner: Any = _inner(config, self.stage)()
        # What the worker says of its model is said of the one that is checked.
        type(self).__name__ = type(self._inner).__name__
        self._inner.load(config.config, device)
        _phase = "work"

    def describe(self) -> dict[str, "str | int | float | bool"]:
        """Return nothing; what the model says is noted."""
        try:
            self._notes.add(
                "described", facts=contract.check_details(self._inner.describe(), self._inner)
            )
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            self._notes.add("describe failed", error=f"{type(error).__name__}: {error}")
        return {}

    def close(self) -> None:
        """Close the model, and note how long it took."""
        started = time.monotonic()
        try:
            self._inner.close()
        except Exception as error:  # noqa: BLE001 - a model may raise anything
            self._notes.add("close failed", error=f"{type(error).__name__}: {error}")
        self._notes.add("closed", seconds=time.monotonic() - started)


class ProbedEditModel(_Probed, EditModel):
    """An edit model that is watched."""

    stage = "edit"

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Edit, and note what becomes of the images and when steps are told."""
        _poison([request])
        before = _content(request.images)
        over = False

        def heard(step: int, of: int) -> None:
            if over:
                self._notes.add("late step", step=repr(step), of=repr(of))
            on_step(step, of)

        try:
            image = self._inner.edit(request, heard)
        finally:
            over = True
            if _content(request.images) != before:
                self._notes.add("images changed", id=request.id)
        contract.check_image(image, self._inner)
        self._notes.add("edited", id=request.id, mode=image.mode, size=list(image.size))
        found: Image = image
        return found


class ProbedRewardModel(_Probed, RewardModel):
    """A reward model that is watched."""

    stage = "score"

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Score, and note every reply that was told and returned."""
        _poison(requests)
        before = [_content(request.images) for request in requests]
        over, told = False, []

        def heard(position: int, reply: Reply) -> None:
            if over:
                self._notes.add("late reply", position=repr(position))
            else:
                told.append({"position": position, **_reply(reply)})
            on_reply(position, reply)

        returned: Any = None
        try:
            returned = self._inner.score(list(requests), heard)
        finally:
            over = True
            if [_content(request.images) for request in requests] != before:
                self._notes.add("images changed", id=requests[0].id)
            self._notes.add(
                "scored",
                ids=[request.id for request in requests],
                told=told,
                returned=[_reply(reply) for reply in returned]
                if isinstance(returned, list)
                else None,
                type=type(returned).__name__,
            )
        contract.check_number(returned, requests, self._inner)
        found: list[Reply] = returned
        return found


def _reply(reply: Any) -> dict[str, Any]:
    text, value = getattr(reply, "text", None), getattr(reply, "value", None)
    return {"text": repr(text) if text is not None else None, "value": repr(value)}


def _poison(requests: Sequence[Any]) -> None:
    """Close the images of requests that should fail: whoever looks at them gets an error."""
    for request in requests:
        if request.id.startswith(POISON):
            for image in request.images:
                image.close()


def _content(images: "Sequence[Image]") -> list[tuple[str, tuple[int, int], bytes]]:
    content = []
    for image in images:
        with contextlib.suppress(ValueError):  # closed: that is a poisoned request
            content.append((image.mode, image.size, image.tobytes()))
    return content
