"""What the checks of edit and reward models share: a worker, and what it was asked so far."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from editgauge.core.conformance.checks import Checks, NotTriedError, Said
from editgauge.core.conformance.hosting import (
    CLOSE_SECONDS,
    Answer,
    ChannelError,
    HostedModel,
    HostError,
    UnknownPackageError,
)
from editgauge.core.conformance.parts import Part
from editgauge.core.conformance.pictures import write_pictures
from editgauge.core.conformance.registration_checks import FIRST
from editgauge.core.conformance.targets import TARGET_MEND
from editgauge.core.workers.devices import Binding

INSTRUCTION = "Make the picture brighter."
"""What models are asked for unless they are given something else to do."""
_WAIT_FOR_LATE_SECONDS = 1.0
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker did not survive a request; why, to follow its name."""

    why: str


class ModelTrial:
    """A model at work."""

    def __init__(self, part: Part, folder: Path, *, instruction: str, tolerance: float) -> None:
        """Prepare it; the first check that needs a worker starts one.

        Args:
            part: what is checked.
            folder: where pictures, logs and notes go.
            instruction: what the model is asked to do.
            tolerance: how far two results may be apart that should be the same.
        """
        self.part = part
        self.folder = folder
        self.instruction = instruction
        self.tolerance = tolerance
        self.pictures = write_pictures(folder)
        self.hosts: list[HostedModel] = []
        self.channel_errors: list[str] = []
        self.ends: list[str] = []
        self._host: HostedModel | None = None
        self._binding: Binding | None = None
        self._was_loaded = False
        self._broken = ""

    def host(self) -> HostedModel:
        """Return a worker with the model loaded.

        Raises:
            HostError: there is none; asked again, `NotTriedError`.
        """
        if self._broken:
            raise NotTriedError("the model does not start")
        if self._host is None:
            try:
                self._host = self._loaded()
            except HostError as error:
                self._note(error)
                if not self._was_loaded:
                    self._broken = str(error)
                raise
            self._was_loaded = True
        return self._host

    def _loaded(self) -> HostedModel:
        if self._binding is None:
            # In a process of its own, as before a run: nothing that it leaves behind is there
            # when the model is loaded.
            inspected = self.new_host()
            self._binding = inspected.inspect()
            inspected.end()
        host = self.new_host(self._binding)
        host.load()
        return host

    def new_host(self, binding: Binding | None = None) -> HostedModel:
        """Start another worker, which has nothing loaded."""
        host = HostedModel(self.part, self.folder, len(self.hosts), binding)
        self.hosts.append(host)
        return host

    def asked(self, ask: Callable[[HostedModel], _Result]) -> _Result | Lost:
        """Ask the worker, or a new one if the last one was lost."""
        try:
            host = self.host()
        except HostError as error:
            raise NotTriedError(f"the worker cannot be started again: {error}") from error
        try:
            return ask(host)
        except HostError as error:
            self._note(error)
            self._host = None
            return Lost(str(error))

    def end(self) -> None:
        """End every worker; what was wrong with the end is kept."""
        if self._host is not None:
            if wrong := self._host.end():
                self.ends.append(wrong)
            self._host = None

    def close(self) -> None:
        """Let nothing live on."""
        for host in self.hosts:
            host.kill()

    def noted(self, what: str) -> list[dict[str, Any]]:
        """Return what the probes noted of one kind, in all workers."""
        return [note for host in self.hosts for note in host.noted(what)]

    def _note(self, error: HostError) -> None:
        if isinstance(error, ChannelError):
            self.channel_errors.append(str(error))


def failure(result: "Answer | Lost") -> str:
    """Return why a request has no result, or an empty string."""
    if isinstance(result, Lost):
        return f"the worker was lost: {result.why}"
    return result.failed


MODEL_FIRST: Checks[ModelTrial] = Checks(*FIRST.all)
"""What is tried before the first request."""
MODEL_LAST: Checks[ModelTrial] = Checks()
"""What is tried after the last request."""


@MODEL_FIRST.add(
    "starts",
    "the model is found, checked and loaded in a worker",
    tries="Starts a worker as a run does: imports the class there, calls `check`, `fingerprint` "
    "and `load`.",
    mend="read the error; what `check` can find out early (a missing file, a wrong option) "
    "it should raise itself",
)
def _starts(trial: ModelTrial) -> Iterator[str]:
    try:
        trial.host()
    except UnknownPackageError as error:
        yield Said(str(error), mend=TARGET_MEND)
    except HostError as error:
        problems = [note["problem"] for note in trial.noted("wrong target")]
        yield Said(problems[0], mend=TARGET_MEND) if problems else str(error)


@MODEL_FIRST.add(
    "check-without-loading",
    "`check` and `fingerprint` do not load the model",
    tries="Watches `load` while `check` and `fingerprint` are called, as before every run.",
    mend="look for files by their names in `check` and `fingerprint`; leave weights to `load`",
)
def _check_without_loading(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    for note in trial.noted("loaded early"):
        yield f"`{note['during']}` calls `load`, so each start of a run loads the model twice"


@MODEL_FIRST.add(
    "stable-fingerprint",
    "`fingerprint` is a text that stays the same",
    tries="Calls `fingerprint` twice in each of two worker processes.",
    mend="make it of the files or of a commit only: no time, no hash() of a text, no address",
)
def _stable_fingerprint(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    other = trial.new_host()
    try:
        other.inspect()
    except HostError as error:
        yield f"a second worker process: {error}"
    finally:
        other.end()
    for note in trial.noted("fingerprint failed"):
        yield f"`fingerprint` failed: {note['error']}"
    texts = {
        text for note in trial.noted("fingerprint") for text in (note["first"], note["second"])
    }
    if len(texts) > 1:
        yield f"`fingerprint` returned different texts for the same files: {_listed(texts)}"


@MODEL_FIRST.add(
    "plain-description",
    "`describe` returns plain values",
    tries="Calls `describe` after `load`.",
    mend="return a dict of str, int, float and bool: `str(torch.bfloat16)`, `float(value)`",
)
def _plain_description(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    for note in trial.noted("describe failed"):
        yield f"`describe` cannot go into the record of a run: {note['error']}"


@MODEL_LAST.add(
    "unchanged-inputs",
    "the images of a request are not changed",
    tries="Compares the images of every request before and after it.",
    mend="work on a copy: `image = request.images[0].copy()`",
)
def _unchanged_inputs(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    for note in trial.noted("images changed")[:1]:
        yield f"the images of the request {note['id']!r} were changed"


@MODEL_LAST.add(
    "late-calls",
    "nothing is told after the method has returned",
    tries="Notes every call of `on_step` or `on_reply` that comes after its request, and waits a "
    "second for those that are still to come.",
    mend="wait for threads of your own (`join`) before the method returns",
)
def _late_calls(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    time.sleep(_WAIT_FOR_LATE_SECONDS)
    for note in trial.noted("late step")[:1]:
        yield f"`on_step({note['step']}, {note['of']})` was called after `edit` had returned"
    for note in trial.noted("late reply")[:1]:
        yield f"`on_reply({note['position']}, ...)` was called after `score` had returned"


@MODEL_LAST.add(
    "ends",
    f"the worker ends when it is asked to, `close` within {CLOSE_SECONDS:.0f} seconds",
    tries="Asks the worker to end, as at the end of a stage.",
    mend="let go of servers and threads in `close`, and do not wait for them for long",
)
def _ends(trial: ModelTrial) -> Iterator[str]:
    _need_start(trial)
    trial.end()
    for note in trial.noted("close failed"):
        yield f"`close` raised {note['error']}"
    for note in trial.noted("closed"):
        if note["seconds"] > CLOSE_SECONDS:
            yield f"`close` took {note['seconds']:.1f} s; after {CLOSE_SECONDS:.0f} s it is killed"
    for wrong in trial.ends:
        yield f"the worker {wrong}"


@MODEL_LAST.add(
    "channel",
    "nothing but the worker itself writes to its channel",
    tries="Watches the channel between run and worker during all requests. What is printed does "
    "not come there: stdout and stderr of a worker are its log.",
    mend="write to no file descriptor that you have not opened; to speak, use print or logging",
)
def _channel(trial: ModelTrial) -> Iterator[str]:
    yield from trial.channel_errors
    _need_start(trial)


def _need_start(trial: ModelTrial) -> None:
    if not trial.hosts or (not trial.noted("described") and not trial.noted("describe failed")):
        raise NotTriedError("the model does not start")


def _listed(texts: set[str]) -> str:
    return ", ".join(repr(text) for text in sorted(texts)[:3])
