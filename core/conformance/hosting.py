"""A model in a real worker process, as a run would host it, for one request at a time."""

import contextlib
import json
import os
import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import editgauge
from editgauge.core.config import plain_with_secrets
from editgauge.core.conformance.parts import Part
from editgauge.core.outcomes import Stage
from editgauge.core.workers.devices import Binding, DeviceError, bind, choose_devices
from editgauge.core.workers.environments import (
    INNER_TARGET,
    EnvironmentNotFoundError,
    find_interpreter,
    locations,
    worker_environment,
)
from editgauge.core.workers.frames import check_worker_frame
from editgauge.core.workers.process import (
    ChannelBroken,
    FrameReceived,
    LineWritten,
    ProcessExited,
    WorkerMessage,
    WorkerProcess,
)
from editgauge.core.workers.protocol import Frame, ProtocolError, check_hello, hello
from editgauge.core.workers.worker import threads_of

CLOSE_SECONDS = 5.0
"""Time that a model has to close, as in a run."""
_POLL_SECONDS = 0.1
_PROBES = {
    Stage.EDIT: "editgauge.core.conformance.probe:ProbedEditModel",
    Stage.SCORE: "editgauge.core.conformance.probe:ProbedRewardModel",
}
_ENDS = ("edited", "scored", "failed", "device_lost", "unwritable")


class HostError(Exception):
    """The worker could not be started, or was lost; the message says how."""


class UnknownPackageError(HostError):
    """The package of the target is nowhere."""


class ChannelError(HostError):
    """Something else than frames came over the channel."""


@dataclass(slots=True)
class Answer:
    """What a worker said to a request: the parts, and the last frame."""

    parts: list[Frame] = field(default_factory=list)
    end: Frame = field(default_factory=dict)

    @property
    def failed(self) -> str:
        """Why there is no result, or an empty string."""
        return "" if self.end["kind"] in ("edited", "scored") else str(self.end["error"])


class HostedModel:
    """One worker with the model that is checked, the probe around it."""

    def __init__(
        self, part: Part, folder: Path, number: int, binding: Binding | None = None
    ) -> None:
        """Start the process.

        Args:
            part: what is checked.
            folder: where its log, its notes and its pictures go.
            number: another one for each process.
            binding: the device, as `inspect` found it; without one, nothing can be loaded.

        Raises:
            HostError: it cannot be started.
        """
        self.notes: list[dict[str, Any]] = []
        self._part = part
        self._folder = folder
        self._stage = Stage.EDIT if part.kind == "edit model" else Stage.SCORE
        self._notes_file = folder / f"notes-{number}.jsonl"
        self._inbox: queue.SimpleQueue[WorkerMessage] = queue.SimpleQueue()
        self._requests = 0
        self._lines: list[str] = []
        self._binding = binding
        self._settings = settings = part.config.workers
        name = f"conformance-{self._stage}-{number}"
        try:
            interpreter = find_interpreter(settings)
        except EnvironmentNotFoundError as error:
            raise HostError(str(error)) from error
        target = part.registration.target
        try:
            places = locations(target, part.registration.wraps)
        except EnvironmentNotFoundError as error:
            raise UnknownPackageError(f"the target {target!r} of `register`: {error}") from error
        self._process = WorkerProcess(
            name,
            interpreter=interpreter,
            environment=worker_environment(
                interpreter,
                {} if binding is None else binding.environment,
                settings=settings,
                threads=settings.threads if binding is None else threads_of(binding, settings),
                name=name,
                run_dir=folder,
            ),
            log=folder / f"{name}.log",
            inbox=self._inbox.put,
            secrets=part.secrets,
        )
        self._process.send({**hello(editgauge.__version__), "locations": places})
        try:
            check_hello(self._next(settings.start_timeout), own_version=editgauge.__version__)
        except ProtocolError as error:
            self.kill()
            raise HostError(str(error)) from error

    def inspect(self) -> Binding:
        """Let the class be imported and checked, as before a run; return the device to load on.

        Raises:
            HostError: it failed; the message is the error of the class.
        """
        devices = self._settings.devices
        self._process.send(
            {
                "kind": "inspect",
                "stage": str(self._stage),
                "target": _PROBES[self._stage],
                "config": self._config(),
                "list_devices": devices == "auto" or "cuda" in str(devices),
            }
        )
        frame = self._next(self._settings.start_timeout)
        if frame["kind"] == "inspect_failed":
            raise HostError(f"its import, `check` or `fingerprint` raised {frame['error']}")
        try:
            (group, *_) = choose_devices(devices, frame["devices"])
            return bind(group, os.environ)
        except DeviceError as error:
            raise HostError(f"workers.devices: {error}") from error

    def load(self) -> None:
        """Load the model onto the device.

        Raises:
            HostError: it failed; the message is the error of the model.
        """
        binding = self._binding
        if binding is None:
            raise AssertionError("a model is loaded where there is a device")
        self._process.send(
            {
                "kind": "load",
                "stage": str(self._stage),
                "target": _PROBES[self._stage],
                "config": self._config(),
                "device": binding.torch_device,
                "threads": threads_of(binding, self._settings),
                "fingerprint": None,
            }
        )
        frame = self._next(self._settings.start_timeout)
        if frame["kind"] == "load_failed":
            raise HostError(f"`load` raised {frame['error']}")

    def edit(
        self, *, request_id: str, images: Sequence[Path], instruction: str, seed: int
    ) -> tuple[Answer, Path]:
        """Ask for an edit; return what was said and where the picture is."""
        output = self._folder / f"edited-{self._process.name}-{self._requests}.png"
        answer = self._ask(
            {
                "kind": "edit",
                "id": request_id,
                "index": self._requests,
                "images": [str(path) for path in images],
                "instruction": instruction,
                "seed": seed,
                "output": str(output),
                "sync": False,
            }
        )
        return answer, output

    def score(self, requests: Sequence[Frame]) -> Answer:
        """Ask for the scores of a batch."""
        return self._ask({"kind": "score", "requests": list(requests)})

    def end(self) -> str:
        """End the process as a run does; return what was wrong with its end, or nothing."""
        self._process.send({"kind": "shutdown"})
        self._process.close_requests()
        started = time.monotonic()
        in_time = self._process.join(CLOSE_SECONDS + 5.0)
        if not in_time:
            self._process.kill()
            self._process.join(10.0)
        self.read_notes()
        if not in_time:
            return f"was still there {time.monotonic() - started:.0f} s after it was asked to end"
        while True:
            try:
                message = self._inbox.get_nowait()
            except queue.Empty:
                return ""
            if isinstance(message, ProcessExited) and message.exit_code:
                return message.reason
            if isinstance(message, ChannelBroken) and "lives on" not in message.reason:
                return f"broke the channel: {message.reason}"

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.join(10.0)

    def read_notes(self) -> list[dict[str, Any]]:
        """Return all that the probe has noted so far."""
        if self._notes_file.exists():
            lines = self._notes_file.read_text("utf-8").splitlines()
            self.notes = [json.loads(line) for line in lines]
        return self.notes

    def noted(self, what: str) -> list[dict[str, Any]]:
        """Return what the probe has noted of one kind."""
        return [note for note in self.read_notes() if note["what"] == what]

    def _config(self) -> dict[str, Any]:
        registration = self._part.registration
        plain = plain_with_secrets(self._part.config)
        del plain["workers"]
        if registration.wraps:
            plain[INNER_TARGET] = registration.wraps
        return {
            "target": registration.target,
            "config": plain,
            "notes": str(self._notes_file.absolute()),
        }

    def _ask(self, frame: Frame) -> Answer:
        self._requests += 1
        self._process.send({**frame, "request": self._requests})
        answer = Answer()
        deadline = time.monotonic() + self._settings.request_timeout
        while True:
            came = self._next(deadline - time.monotonic())
            if came["kind"] in _ENDS:
                answer.end = came
                return answer
            answer.parts.append(came)

    def _next(self, seconds: float) -> Frame:
        """Return the next frame.

        Raises:
            HostError: the worker was lost, or said nothing for so long; it is dead then.
        """
        deadline = time.monotonic() + seconds
        while True:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                self.kill()
                raise HostError(f"gave no answer within {seconds:.0f} s")
            with contextlib.suppress(queue.Empty):
                message = self._inbox.get(timeout=min(remaining, _POLL_SECONDS))
                if message.process is not self._process:
                    continue
                if isinstance(message, FrameReceived):
                    return self._checked(message.frame)
                self._heed(message)

    def _checked(self, frame: Frame) -> Frame:
        try:
            check_worker_frame(frame)
        except ProtocolError as error:
            self.kill()
            raise ChannelError(f"broke the protocol: {error}") from error
        return frame

    def _heed(self, message: WorkerMessage) -> None:
        if isinstance(message, LineWritten):
            if message.level != "debug":
                self._lines.append(message.text)
        elif isinstance(message, ChannelBroken):
            self.kill()
            raise ChannelError(message.reason)
        elif isinstance(message, ProcessExited):
            tail = "".join(f"; it wrote: {line}" for line in self._lines[-1:])
            raise HostError(f"its worker {message.reason}{tail}")
