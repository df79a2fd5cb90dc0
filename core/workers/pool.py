"""The workers of one stage: started, watched, replaced within a budget, and ended in good order."""

import time
from collections.abc import Callable
from typing import Any, Protocol

import editgauge
from editgauge.core.hooks.events import Event, LogEmitted, WorkerLost, WorkerReady, WorkerStarted
from editgauge.core.text import counted
from editgauge.core.workers.budget import RunBudget, WorkerBudget
from editgauge.core.workers.environments import INNER_TARGET, locations, worker_environment
from editgauge.core.workers.frames import check_worker_frame
from editgauge.core.workers.process import (
    ChannelBroken,
    LineWritten,
    LogNotWritten,
    ProcessExited,
    WorkerMessage,
    WorkerProcess,
)
from editgauge.core.workers.protocol import Frame, ProtocolError, check_hello, hello
from editgauge.core.workers.worker import Worker, WorkerPlan, WorkerState, threads_of

ASK_SECONDS = 5.0
"""Time that a worker has to end by itself once it was asked."""
TERMINATE_SECONDS = 3.0
"""Time that it then has after SIGTERM, before SIGKILL."""
_KILL_SECONDS = 15.0
_POLL_SECONDS = 0.05
_STALL_SECONDS = 5.0
"""The run's loop turns about once a second; a longer pause means that the parent was stopped."""


class WorkersLostError(Exception):
    """No worker of a stage could be started or kept alive, or the run lost too many."""


class PoolOwner(Protocol):
    """The stage, as its pool sees it; called in the run's one loop."""

    def worker_ready(self, worker: Worker) -> None:
        """Take note that a worker is free for work."""
        ...

    def frame_received(self, worker: Worker, frame: Frame) -> None:
        """Handle a frame of a busy worker; `WorkerPool.done` makes it free again."""
        ...

    def work_lost(
        self, worker: Worker, work: Any, *, reason: str, begun: bool, timed_out: bool
    ) -> None:
        """Take back the work of a lost worker, and whether it had begun with it."""
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
        budget: RunBudget,
    ) -> None:
        """Make workers by plan; `start` starts them.

        Args:
            plan: what they are.
            owner: hears of them.
            budget: how many workers the run may lose.
            inbox: takes their messages, which the loop then passes to `handle`.
            emit: takes events.
        """
        self.workers = [
            Worker(
                name=f"{plan.stage}-{number}",
                binding=binding,
                threads=threads_of(binding, plan.settings),
                budget=WorkerBudget(plan.settings.max_restarts, plan.settings.restart_pause),
            )
            for number, binding in enumerate(plan.bindings)
        ]
        self._plan = plan
        self._budget = budget
        self._owner = owner
        self._inbox = inbox
        self._emit = emit
        self._ever_ready = False
        self._checked = time.monotonic()

    def start(self) -> None:
        """Start the workers whose pause is over, as many as may load at a time."""
        loading = sum(worker.state is WorkerState.LOADING for worker in self.workers)
        for worker in self.workers:
            if loading >= self._plan.settings.parallel_loads:
                return
            if worker.state is WorkerState.WAITING and worker.not_before <= time.monotonic():
                loading += self._start(worker)

    def _start(self, worker: Worker) -> bool:
        """Start a worker's process; return whether it is there."""
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
            # Too many processes or files, perhaps only now; `check_deadlines` buries it.
            worker.state, worker.deadline = WorkerState.DYING, time.monotonic()
            worker.loss = f"cannot be started: {error.strerror or error}"
            return False
        worker.state = WorkerState.LOADING
        worker.greeted = worker.begun = worker.timed_out = False
        worker.loss = ""
        worker.deadline = time.monotonic() + plan.settings.start_timeout
        places = locations(plan.target, plan.config.get(INNER_TARGET, ""))
        worker.process.send({**hello(editgauge.__version__), "locations": places})
        worker.process.send(
            {
                "kind": "load",
                "stage": plan.stage,
                "target": plan.target,
                "config": dict(plan.config),
                "device": worker.binding.torch_device,
                "threads": worker.threads,
                "fingerprint": plan.fingerprint,
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
        return True

    def assign(self, worker: Worker, work: Any, frame: Frame) -> None:
        """Hand work to a ready worker."""
        if worker.process is None or worker.state is not WorkerState.READY:
            raise RuntimeError(f"worker {worker.name} is {worker.state.value}, not ready")
        worker.state = WorkerState.BUSY
        worker.work, worker.begun = work, False
        worker.deadline = time.monotonic() + self._plan.settings.request_timeout
        worker.requests += 1
        worker.process.send({**frame, "request": worker.requests})

    def ready_workers(self) -> list[Worker]:
        """Return the workers that are free for work."""
        return [worker for worker in self.workers if worker.state is WorkerState.READY]

    def done(self, worker: Worker) -> None:
        """Make a busy worker free: its request is answered."""
        worker.state = WorkerState.READY
        worker.work = None
        worker.deadline = float("inf")

    def sample_left(self, name: str) -> None:
        """Take note that a sample left the stage at a worker: its losses before are forgiven."""
        for worker in self.workers:
            if worker.name == name:
                worker.budget.clear()

    def handle(self, message: WorkerMessage) -> None:
        """Handle one message of a worker.

        Raises:
            WorkersLostError: no worker is left and none may be started, or the run lost too many.
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
                self._bury(worker, worker.loss or message.reason)
        elif isinstance(message, ChannelBroken):
            # As if it had begun: the next worker would be lost by the same samples.
            worker.begun = worker.begun or message.by_request
            self._condemn(worker, f"broke the protocol: {message.reason}")
        elif worker.state is not WorkerState.DYING:
            self._handle_frame(worker, message.frame)

    def _handle_frame(self, worker: Worker, frame: Frame) -> None:
        try:
            if not worker.greeted:
                check_hello(frame, own_version=editgauge.__version__)
            check_worker_frame(frame)
        except ProtocolError as error:
            self._condemn(worker, f"broke the protocol: {error}")
            return
        kind = frame["kind"]
        if not worker.greeted:
            worker.greeted = True
            worker.facts["python"] = frame.get("python", "")
        elif worker.state is WorkerState.LOADING and kind == "ready":
            self._ready(worker, frame)
        elif worker.state is WorkerState.LOADING and kind == "load_failed":
            self._condemn(worker, f"could not load its model: {frame['error']}")
        elif worker.state is WorkerState.BUSY and self._is_due(worker, frame):
            if kind == "began":
                worker.begun = True
            elif kind == "device_lost":
                self._condemn(worker, f"lost its device: {frame['error']}")
            else:
                self._owner.frame_received(worker, frame)
        else:
            self._condemn(worker, f"broke the protocol: {_out_of_turn(worker, frame)}")

    @staticmethod
    def _is_due(worker: Worker, frame: Frame) -> bool:
        """Return whether a frame is of the request in hand: `began` once, then the answer."""
        begins = frame["kind"] == "began"
        return frame.get("request") == worker.requests and begins is not worker.begun

    def _ready(self, worker: Worker, frame: Frame) -> None:
        process = worker.process
        started = process.started if process is not None else time.monotonic()
        worker.state = WorkerState.READY
        worker.deadline = float("inf")
        worker.facts |= {"versions": frame["versions"], "model": frame["details"]}
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
                    over = other.budget.losses > other.budget.max_restarts
                    other.state = WorkerState.GONE if over else WorkerState.WAITING
        self.start()
        self._owner.worker_ready(worker)

    def check_deadlines(self) -> float:
        """Condemn workers whose time is up, and start those whose pause is over.

        Returns:
            Seconds until there is something to do again; infinite if nothing is due.

        Raises:
            WorkersLostError: no worker is left and none may be started, or the run lost too many.
            OSError: a worker's log cannot be written.
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
                undead = " (its process cannot be killed)" if worker.process is not None else ""
                self._bury(worker, worker.loss + undead)
        self.start()
        due = [worker.deadline for worker in self.workers]
        # Those whose pause is over wait for others to load, which is no matter of time.
        due += [
            worker.not_before
            for worker in self.workers
            if worker.state is WorkerState.WAITING and worker.not_before > now
        ]
        return min(due, default=float("inf")) - now

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
        stage, work, begun = self._plan.stage, worker.work, worker.begun
        lines = tuple(worker.process.last_lines) if worker.process is not None else ()
        worker.process = None
        worker.work = None
        worker.deadline = float("inf")
        self._budget.lose()
        needed = self._owner.needs_workers()
        pause = self._rest(worker, needed=needed)
        self._emit(
            WorkerLost(
                worker=worker.name,
                stage=stage,
                reason=reason,
                samples=work.sample_ids() if work is not None else (),
                will_restart=pause is not None,
                restart_in=pause,
                stderr=lines,
            )
        )
        if work is not None:
            self._owner.work_lost(
                worker, work, reason=reason, begun=begun, timed_out=worker.timed_out
            )
            if not self._owner.needs_workers():
                # The last sample was set aside: the stage is done, and lacks no worker.
                worker.state = WorkerState.GONE
                return
        used_up = self._ever_ready and self._budget.is_used_up
        none_left = all(
            other.state in (WorkerState.PARKED, WorkerState.GONE) for other in self.workers
        )
        if needed and (used_up or none_left):
            raise WorkersLostError(self._obituary(worker, reason, lines))
        self.start()

    def _rest(self, worker: Worker, *, needed: bool) -> float | None:
        """Decide what becomes of a lost worker; return the pause before it is started again."""
        pause = worker.budget.lose()
        if pause is not None:
            worker.not_before = time.monotonic() + pause
        if not self._ever_ready:
            worker.state = WorkerState.PARKED
        elif needed and pause is not None and not self._budget.is_used_up:
            worker.state = WorkerState.WAITING
            return pause
        else:
            worker.state = WorkerState.GONE
        return None

    def _obituary(self, worker: Worker, reason: str, lines: tuple[str, ...]) -> str:
        stage, settings = self._plan.stage, self._plan.settings
        if self._budget.is_used_up and self._ever_ready:
            what = (
                f"{counted(self._budget.lost, 'worker')} were lost, and max_lost_workers allows "
                f"{self._budget.max_lost_workers}; the last one,"
            )
        elif not self._ever_ready:
            what = f"no {stage} worker could be started:"
        else:
            what = (
                f"no {stage} worker is left: each was lost more often in a row than "
                f"workers.max_restarts ({settings.max_restarts}) allows; the last one,"
            )
        log = self._plan.log_folder / f"{worker.name}.log"
        tail = "".join(f"\n  | {line}" for line in lines[-8:])
        return f"{what} {worker.name}, {reason}; its log is {log}{tail}"

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


def _out_of_turn(worker: Worker, frame: Frame) -> str:
    """Return which frame came when it was not due."""
    text = f"a {frame['kind']!r} frame"
    if "request" in frame:
        text += f" of request {frame['request']}"
    text += f" came while it was {worker.state.value}"
    if worker.state is WorkerState.BUSY:
        text += f" with request {worker.requests}{'' if worker.begun else ', not begun'}"
    return text


def _all_ended(processes: list[WorkerProcess], seconds: float, hurry: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    for process in processes:
        while not process.join(_POLL_SECONDS):
            if time.monotonic() > deadline or hurry():
                return False
    return True
