"""The workers of one stage: started, watched, replaced within a budget, and ended in good order."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import editgauge
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.hooks.events import Event, LogEmitted, WorkerLost, WorkerReady, WorkerStarted
from editgauge.core.workers.devices import Binding
from editgauge.core.workers.environments import locations, worker_environment
from editgauge.core.workers.process import (
    ChannelBroken,
    LineWritten,
    LogNotWritten,
    ProcessExited,
    WorkerMessage,
    WorkerProcess,
    describe_exit,
)
from editgauge.core.workers.protocol import Frame, ProtocolError, check_hello, hello

ASK_SECONDS = 5.0
"""Time that a worker has to end by itself once it was asked."""
TERMINATE_SECONDS = 3.0
"""Time that it then has after SIGTERM, before SIGKILL."""
_KILL_SECONDS = 15.0
_POLL_SECONDS = 0.05
_STALL_SECONDS = 5.0
"""The run's loop turns about once a second; a longer pause means that the parent was stopped."""


class WorkersLostError(Exception):
    """No worker of a stage could be started or kept alive."""


class WorkerState(Enum):
    """What a worker is doing."""

    WAITING = "waiting"
    """It will be started as soon as fewer than `parallel_loads` others are loading."""
    PARKED = "parked"
    """It failed to start; it is tried again if another one succeeds."""
    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    DYING = "dying"
    """It was killed, or is known to be dead, and its end has not been told yet."""
    GONE = "gone"


@dataclass(slots=True, eq=False)
class Worker:
    """One worker, over all its processes."""

    name: str
    binding: Binding
    threads: int | None
    state: WorkerState = WorkerState.WAITING
    process: WorkerProcess | None = None
    starts: int = 0
    greeted: bool = False
    deadline: float = float("inf")
    work: Any = None
    loss: str = ""
    timed_out: bool = False
    last_heard: float | None = None
    """When it last said anything, a frame or a line of output, as `time.monotonic()`."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """What the workers of a stage are.

    Attributes:
        stage: `edit` or `score`.
        target: the model class, `package.module:Name`.
        config: the model's validated configuration as plain data.
        interpreter: absolute path of the Python that they run.
        bindings: the devices of each worker.
        settings: limits and deadlines.
        log_folder: where each worker's log goes.
        secrets: what is taken out of everything that they say.
    """

    stage: str
    target: str
    config: Mapping[str, Any]
    interpreter: str
    bindings: tuple[Binding, ...]
    settings: WorkersConfig
    log_folder: Path
    secrets: tuple[str, ...] = ()


def threads_of(binding: Binding, settings: WorkersConfig) -> int | None:
    """Return the CPU threads of a worker: as configured, else 1 on the CPU."""
    if settings.threads is not None:
        return settings.threads
    return 1 if binding.torch_device == "cpu" else None


class PoolOwner(Protocol):
    """The stage, as its pool sees it; called in the run's one loop."""

    def worker_ready(self, worker: Worker) -> None:
        """Take note that a worker is free for work."""
        ...

    def frame_received(self, worker: Worker, frame: Frame) -> None:
        """Handle a frame of a busy worker; `WorkerPool.done` makes it free again."""
        ...

    def work_lost(self, worker: Worker, work: Any, *, reason: str, timed_out: bool) -> None:
        """Take back the work of a lost worker."""
        ...

    def needs_workers(self) -> bool:
        """Return whether any work is left or in hand."""
        ...


class WorkerPool:
    """Drives the workers of one stage; every method is called in the run's one loop."""

    def __init__(
        self,
        plan: WorkerPlan,
        owner: PoolOwner,
        *,
        inbox: Callable[[WorkerMessage], None],
        emit: Callable[[Event], None],
    ) -> None:
        """Make workers by plan; `start` starts them.

        Args:
            plan: what they are.
            owner: hears of them.
            inbox: takes their messages, which the loop then passes to `handle`.
            emit: takes events.
        """
        self.workers = [
            Worker(
                name=f"{plan.stage}-{number}",
                binding=binding,
                threads=threads_of(binding, plan.settings),
            )
            for number, binding in enumerate(plan.bindings)
        ]
        self.restarts = 0
        self._plan = plan
        self._owner = owner
        self._inbox = inbox
        self._emit = emit
        self._ever_ready = False
        self._checked = time.monotonic()

    def start(self) -> None:
        """Start as many workers as may load at a time."""
        loading = sum(worker.state is WorkerState.LOADING for worker in self.workers)
        for worker in self.workers:
            if worker.state is WorkerState.WAITING and loading < self._plan.settings.parallel_loads:
                self._start(worker)
                loading += 1

    def _start(self, worker: Worker) -> None:
        plan = self._plan
        worker.starts += 1
        log = plan.log_folder / f"{worker.name}.log"
        try:
            worker.process = WorkerProcess(
                worker.name,
                interpreter=plan.interpreter,
                environment=worker_environment(
                    plan.interpreter,
                    worker.binding.environment,
                    settings=plan.settings,
                    threads=worker.threads,
                    name=worker.name,
                    run_dir=plan.log_folder.parent,
                ),
                log=log,
                inbox=self._inbox,
                secrets=plan.secrets,
            )
        except OSError as error:
            if error.filename == str(log):
                raise
            raise WorkersLostError(
                f"worker {worker.name} cannot be started: {error.strerror or error}"
            ) from error
        worker.state = WorkerState.LOADING
        worker.greeted = worker.timed_out = False
        worker.loss = ""
        worker.deadline = time.monotonic() + plan.settings.start_timeout
        worker.process.send(
            {**hello(editgauge.__version__), "locations": locations(plan.target)},
        )
        worker.process.send(
            {
                "kind": "load",
                "stage": plan.stage,
                "target": plan.target,
                "config": dict(plan.config),
                "device": worker.binding.torch_device,
                "threads": worker.threads,
            }
        )
        self._emit(
            WorkerStarted(
                worker=worker.name,
                stage=plan.stage,
                devices=worker.binding.devices,
                pid=worker.process.wait_for_pid(),
                python=plan.interpreter,
                threads=worker.threads,
                start=worker.starts,
            )
        )

    def assign(self, worker: Worker, work: Any, frame: Frame) -> None:
        """Hand work to a ready worker."""
        if worker.process is None or worker.state is not WorkerState.READY:
            raise RuntimeError(f"worker {worker.name} is {worker.state.value}, not ready")
        worker.state = WorkerState.BUSY
        worker.work = work
        worker.deadline = time.monotonic() + self._plan.settings.request_timeout
        worker.process.send(frame)

    def ready_workers(self) -> list[Worker]:
        """Return the workers that are free for work."""
        return [worker for worker in self.workers if worker.state is WorkerState.READY]

    def done(self, worker: Worker) -> None:
        """Make a busy worker free: its request is answered."""
        worker.state = WorkerState.READY
        worker.work = None
        worker.deadline = float("inf")

    def handle(self, message: WorkerMessage) -> None:
        """Handle one message of a worker.

        Raises:
            WorkersLostError: no worker is left and none may be started.
            OSError: a worker's log cannot be written.
        """
        worker = next((item for item in self.workers if item.process is message.process), None)
        if worker is not None:
            worker.last_heard = time.monotonic()
        if isinstance(message, LineWritten):
            self._emit(
                LogEmitted(worker=message.process.name, level=message.level, text=message.text)
            )
            return
        if isinstance(message, LogNotWritten):
            raise message.error
        if worker is None:
            return
        if isinstance(message, ProcessExited):
            if worker.state is not WorkerState.GONE:
                self._bury(worker, worker.loss or describe_exit(message.exit_code))
        elif isinstance(message, ChannelBroken):
            self._condemn(worker, f"broke the protocol: {message.reason}")
        elif worker.state is not WorkerState.DYING:
            self._handle_frame(worker, message.frame)

    def _handle_frame(self, worker: Worker, frame: Frame) -> None:
        kind = frame["kind"]
        if not worker.greeted:
            try:
                check_hello(frame, own_version=editgauge.__version__)
            except ProtocolError as error:
                self._condemn(worker, f"broke the protocol: {error}")
                return
            worker.greeted = True
            worker.facts["python"] = str(frame.get("python", ""))
        elif worker.state is WorkerState.LOADING and kind == "ready":
            self._ready(worker, frame)
        elif worker.state is WorkerState.LOADING and kind == "load_failed":
            self._condemn(worker, f"could not load its model: {frame.get('error')}")
        elif worker.state is WorkerState.BUSY:
            self._owner.frame_received(worker, frame)
        else:
            self._condemn(
                worker, f"broke the protocol: a {kind!r} frame came while {worker.state.value}"
            )

    def _ready(self, worker: Worker, frame: Frame) -> None:
        process = worker.process
        started = process.started if process is not None else time.monotonic()
        worker.state = WorkerState.READY
        worker.deadline = float("inf")
        worker.facts |= {"versions": frame.get("versions", {}), "model": frame.get("details", {})}
        self._emit(
            WorkerReady(
                worker=worker.name,
                stage=self._plan.stage,
                seconds=round(time.monotonic() - started, 3),
            )
        )
        if not self._ever_ready:
            self._ever_ready = True
            for other in self.workers:
                if other.state is WorkerState.PARKED:
                    other.state = WorkerState.WAITING if self._may_restart() else WorkerState.GONE
        self.start()
        self._owner.worker_ready(worker)

    def check_deadlines(self) -> float:
        """Condemn workers whose time is up; return seconds until the next deadline.

        Raises:
            WorkersLostError: no worker is left and none may be started.
        """
        now = time.monotonic()
        settings = self._plan.settings
        paused, self._checked = now - self._checked, now
        if paused > _STALL_SECONDS:
            # Whoever was not there to listen (Ctrl-Z) cannot say that nobody answered.
            for worker in self.workers:
                worker.deadline += paused
        for worker in self.workers:
            if worker.deadline > now:
                continue
            if worker.state is WorkerState.LOADING:
                self._condemn(worker, f"was not ready within {settings.start_timeout:g} s")
            elif worker.state is WorkerState.BUSY:
                worker.timed_out = True
                self._condemn(worker, f"gave no answer within {settings.request_timeout:g} s")
            elif worker.state is WorkerState.DYING:
                self._bury(worker, worker.loss + " (its process cannot be killed)")
        return min((worker.deadline for worker in self.workers), default=float("inf")) - now

    def condemn(self, worker: Worker, reason: str) -> None:
        """Kill a worker that cannot be used any more; its work is taken back once it is dead."""
        self._condemn(worker, reason)

    def _condemn(self, worker: Worker, reason: str) -> None:
        if worker.process is None or worker.state in (WorkerState.DYING, WorkerState.GONE):
            return
        worker.loss = reason
        worker.state = WorkerState.DYING
        # Until it is dead it may hold the device's memory: no replacement before that.
        worker.deadline = time.monotonic() + _KILL_SECONDS
        worker.process.kill()

    def _bury(self, worker: Worker, reason: str) -> None:
        stage, work = self._plan.stage, worker.work
        lines = tuple(worker.process.last_lines) if worker.process is not None else ()
        worker.process = None
        worker.work = None
        worker.deadline = float("inf")
        needed = self._owner.needs_workers()
        if not self._ever_ready:
            worker.state = WorkerState.PARKED
        elif needed and self._may_restart():
            worker.state = WorkerState.WAITING
        else:
            worker.state = WorkerState.GONE
        self._emit(
            WorkerLost(
                worker=worker.name,
                stage=stage,
                reason=reason,
                samples=work.sample_ids() if work is not None else (),
                will_restart=worker.state is WorkerState.WAITING,
                stderr=lines,
            )
        )
        if work is not None:
            self._owner.work_lost(worker, work, reason=reason, timed_out=worker.timed_out)
            if not self._owner.needs_workers():
                # The last sample was set aside: the stage is done, and lacks no worker.
                worker.state = WorkerState.GONE
                return
        if needed and all(
            other.state in (WorkerState.PARKED, WorkerState.GONE) for other in self.workers
        ):
            raise WorkersLostError(self._obituary(worker, reason, lines))
        self.start()

    def _may_restart(self) -> bool:
        if self.restarts >= self._plan.settings.max_restarts:
            return False
        self.restarts += 1
        return True

    def _obituary(self, worker: Worker, reason: str, lines: tuple[str, ...]) -> str:
        if not self._ever_ready:
            what = f"no {self._plan.stage} worker could be started"
        else:
            what = (
                f"no {self._plan.stage} worker is left, and {self._plan.settings.max_restarts} "
                "(workers.max_restarts) were replaced"
            )
        log = self._plan.log_folder / f"{worker.name}.log"
        tail = "".join(f"\n  | {line}" for line in lines[-8:])
        return f"{what}: {worker.name} {reason}; its log is {log}{tail}"

    def stop(self, hurry: Callable[[], bool] = lambda: False) -> None:
        """End every process: ask, then SIGTERM, then SIGKILL, each to all at once.

        Args:
            hurry: asked again and again; once it says yes, SIGKILL follows at once.
        """
        processes = [worker.process for worker in self.workers if worker.process is not None]
        for worker in self.workers:
            if worker.process is not None:
                worker.process.send({"kind": "shutdown"})
                worker.process.close_requests()
                if worker.state in (WorkerState.LOADING, WorkerState.BUSY):
                    # It would answer only after its work, which nobody waits for.
                    worker.process.terminate()
            worker.state = WorkerState.GONE
            worker.deadline = float("inf")
        if _all_ended(processes, ASK_SECONDS, hurry):
            return
        for process in processes:
            process.terminate()
        if _all_ended(processes, TERMINATE_SECONDS, hurry):
            return
        for process in processes:
            process.kill()
        _all_ended(processes, _KILL_SECONDS, lambda: False)


def _all_ended(processes: list[WorkerProcess], seconds: float, hurry: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    for process in processes:
        while not process.join(_POLL_SECONDS):
            if time.monotonic() > deadline or hurry():
                return False
    return True
