"""What drives a session: one thread with one inbox and one loop, as a run has.

The threads of its callers only put requests into the inbox and wait, so that whatever interrupts
them (Ctrl-C in a notebook) leaves workers and bookkeeping alone.
"""

import itertools
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from editgauge.config_schemas.models import RewardModelConfig
from editgauge.core.hooks.events import (
    Event,
    PhaseFinished,
    PhaseStarted,
    WorkerReady,
)
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.ending import Ending
from editgauge.core.run.known_secrets import redactor_for
from editgauge.core.run.planning import detail, worker_plan
from editgauge.core.run.preflight import EnvironmentReport, ModelToTry, try_models
from editgauge.core.run.signals import RunInterruptedError
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.run.store import WriteError
from editgauge.core.run.summary import Tally
from editgauge.core.sessions.calls import Call, Request
from editgauge.core.sessions.errors import SessionError
from editgauge.core.sessions.setting import Setting
from editgauge.core.sessions.stages import (
    Makings,
    SessionEdits,
    SessionScores,
    batch_size_of,
)
from editgauge.core.sessions.supplies import Deliveries, NoKeys, NothingDone, Waiting
from editgauge.core.sessions.telling import Telling
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.process import LineWritten, LogNotWritten, WorkerMessage

_WAIT_SECONDS = 1.0
_HURRIED_SECONDS = 20.0
"""Time that workers have to be killed when somebody does not want to wait for their end."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Requests of a call came."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class _Cancelled:
    """Nobody waits for a call any more."""

    call: Call


@dataclass(frozen=True, slots=True)
class _Wake:
    """The session is closed."""


_Message = WorkerMessage | _Asked | _Cancelled | _Wake


class Engine:
    """The loop of one session, and what its callers may do with it."""

    def __init__(self, setting: Setting) -> None:
        """Prepare it; `open` starts the workers."""
        self.folder = setting.folder
        self.process = os.getpid()
        self._setting = setting
        self._model = setting.model
        self._redactor = redactor_for(setting.model.secrets(), [setting.model.model.workers])
        self._inbox: queue.SimpleQueue[_Message] = queue.SimpleQueue()
        self._numbers = itertools.count()
        self._files = itertools.count(1)
        self._waiting = Waiting()
        self._deliveries = Deliveries(setting.folder)
        self._tally = Tally(())
        self._plan = StagePlan(
            samples=0,
            requested=0,
            batch_size=batch_size_of(setting.model.model),
            detail=detail(self._redactor, setting.model.model),
            is_open=True,
        )
        # Reentrant: whoever holds it may collect garbage, and a call or a session with it.
        self._lock = threading.RLock()
        self._calls: set[Call] = set()
        self._ending: Ending | None = None
        self._closed_by_user = False
        self._hurry = False
        self._has_begun = threading.Event()
        self._thread = threading.Thread(
            target=self._drive, name=f"editgauge-{self._setting.stage}-session", daemon=True
        )
        self._telling = Telling(setting, self._redactor)

    # What callers do, each in a thread of its own.

    def open(self) -> None:
        """Try the environment, start the workers, and return when the first one is ready.

        Raises:
            PreflightError: the environment cannot be used.
            SessionError: no worker could be started.
            WriteError: a log cannot be written.
        """
        try:
            self._telling.start()
            report = self._preflight()
            self._stage = self._make_stage(report)
        except BaseException as error:
            self._ending = _ending_of(error)
            self._finish(self._ending)
            raise
        self._thread.start()
        try:
            self._has_begun.wait()
        except BaseException as error:
            self.close(hurry=True, interrupted=isinstance(error, KeyboardInterrupt))
            raise
        with self._lock:
            ending = self._ending
        if ending is not None:
            self.close()
            raise SessionError(ending.reason, ending.exit_code)

    @property
    def seed(self) -> int:
        """Seed of the first image of a call that gives no seeds."""
        return self._setting.seed

    @property
    def judges_edits_alone(self) -> bool:
        """Whether it is a judge's, and the judge sees no source image."""
        config = self._model.model
        return isinstance(config, RewardModelConfig) and config.judge_images == "edited"

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more requests."""
        return self._closed_by_user or self._ending is not None

    @property
    def group_size(self) -> int:
        """How many requests should be asked together, so that batches are full."""
        return self._plan.batch_size

    @property
    def window(self) -> int:
        """How many requests of a call should wait or be in hand, so that no worker is idle."""
        return (2 * len(self._stage.pool.workers) + 1) * self._plan.batch_size

    def next_number(self) -> int:
        """Return the number of the next sample, from 0."""
        return next(self._numbers)

    def next_file(self) -> int:
        """Return the number of the next file of an image that is given as an object, from 1."""
        return next(self._files)

    def ask(self, call: Call, requests: Sequence[Request]) -> None:
        """Ask for requests of a call.

        Raises:
            SessionError: nothing can be asked any more.
        """
        self._check_process()
        with self._lock:
            self._check()
            self._calls.add(call)
            self._inbox.put(_Asked(tuple(requests)))

    def check(self) -> None:
        """Check that requests can be asked.

        Raises:
            SessionError: they cannot.
        """
        self._check_process()
        with self._lock:
            self._check()

    def _check_process(self) -> None:
        # Without the lock, which nobody gives back in a process that was forked off meanwhile.
        if os.getpid() != self.process:
            raise SessionError(
                f"this session was opened by process {self.process} and cannot be used in another "
                f"one ({os.getpid()}); open one there"
            )

    def _check(self) -> None:
        if self._closed_by_user:
            raise SessionError("this session is closed; open a new one")
        if self._ending is not None:
            raise SessionError(
                f"this session has ended: {self._ending.reason}; close it and open a new one",
                self._ending.exit_code,
            )

    def forget(self, call: Call, *, is_answered: bool) -> None:
        """Take note that nobody waits for a call any more, and whether it lacks an answer."""
        if os.getpid() != self.process:
            return
        with self._lock:
            self._calls.discard(call)
            if not is_answered:
                self._inbox.put(_Cancelled(call))

    def close(self, *, hurry: bool = False, interrupted: bool = False) -> None:
        """End the workers and reporters; the second time, nothing happens.

        Args:
            hurry: whether the workers are killed at once.
            interrupted: whether Ctrl-C is the reason.
        """
        if os.getpid() != self.process:
            return
        self.stop_soon(interrupted=interrupted)
        self._hurry = self._hurry or hurry
        try:
            self.wait()
        except BaseException:
            self._hurry = True
            self.wait(_HURRIED_SECONDS)
            raise

    def stop_soon(self, *, interrupted: bool = False) -> None:
        """Let the loop end without waiting for it."""
        with self._lock:
            self._closed_by_user = True
            if self._ending is None:
                self._ending = (
                    _ending_of(RunInterruptedError(signal.SIGINT)) if interrupted else _CLOSED
                )
            self._inbox.put(_Wake())

    def wait(self, timeout: float | None = None) -> None:
        """Wait for the end of the loop, unless this is called in it."""
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    # What happens before and in the loop.

    def _preflight(self) -> EnvironmentReport:
        started = time.monotonic()
        self._emit(PhaseStarted(phase="preflight"))
        model = ModelToTry(
            stage=self._setting.stage,
            section=self._model.section,
            config=self._model.model,
            registration=self._model.registration,
        )
        try:
            (report,) = try_models(
                [model],
                on_log=lambda stage, line: self._telling.log(
                    "debug", line, worker=f"preflight-{stage}"
                ),
                secrets=self._model.secrets(),
                log_folder=self.folder.logs,
            )
        except OSError as error:
            raise WriteError(Path(error.filename or self.folder.logs), error) from error
        self._emit(
            PhaseFinished(
                phase="preflight",
                seconds=round(time.monotonic() - started, 3),
                text="1 worker environment ready",
            )
        )
        return report

    def _make_stage(self, report: EnvironmentReport) -> SessionEdits | SessionScores:
        config = self._model.model
        reward = config if isinstance(config, RewardModelConfig) else None
        tools = StageTools(
            store=self._deliveries,
            completion=NothingDone(),
            keys=NoKeys(self._setting.rubrics, reward),
            tally=self._tally,
            emit=self._emit,
            inbox=self._inbox.put,
            budget=RunBudget(self._model.run.max_lost_workers),
        )
        workers = worker_plan(
            report,
            self._model.registration,
            config,
            log_folder=self.folder.logs,
            secrets=self._model.secrets(),
        )
        stage = self._setting.make_stage(
            Makings(
                plan=self._plan,
                waiting=self._waiting,
                workers=workers,
                tools=tools,
                deliveries=self._deliveries,
            )
        )
        self._tally.one_range = stage.score_range() is not None
        return stage

    def _drive(self) -> None:
        ending = _CLOSED
        try:
            self._stage.start()
            while not self._is_ending():
                wait = self._stage.pool.check_deadlines()
                self._take_next(min(max(wait, 0.0), _WAIT_SECONDS))
        except OSError as error:
            path = Path(error.filename or self.folder.logs)
            ending = Ending.of(WriteError(path, error))
        except BaseException as error:  # noqa: BLE001 - whatever it is, callers should hear of it
            ending = Ending.of(error)
            if ending.exit_code == ExitCode.INTERNAL_ERROR:
                self._telling.log("error", traceback.format_exc().rstrip())
        try:
            self._end(ending)
        finally:
            self._has_begun.set()

    def _is_ending(self) -> bool:
        with self._lock:
            return self._ending is not None

    def _take_next(self, wait: float) -> None:
        try:
            message = self._inbox.get(timeout=wait)
        except queue.Empty:
            return
        if isinstance(message, _Asked):
            self._take_requests(message.requests)
        elif isinstance(message, _Cancelled):
            self._cancel(message.call)
        elif not isinstance(message, _Wake):
            self._stage.pool.handle(message)

    def _take_requests(self, requests: Sequence[Request]) -> None:
        for request in requests:
            self._deliveries.expect(request)
            self._plan.samples += 1
            if request.refusal is None:
                self._plan.requested += 1
                self._waiting.add(request.sample)
        for request in requests:
            if request.refusal is not None:
                self._stage.refuse(request.sample, request.refusal)
        self._stage.hand_out()

    def _cancel(self, call: Call) -> None:
        """Take out what no worker has yet; the rest goes on to its end and is thrown away."""
        call.is_cancelled = True
        for _, result in call.drain():
            self._deliveries.throw_away(result)
        taken_out = self._waiting.take_out(self._deliveries.of_call(call))
        for index in taken_out:
            self._deliveries.forget(index)
        self._plan.samples -= len(taken_out)
        self._plan.requested -= len(taken_out)

    # What happens at the end, in the loop's thread, or in that of `open` if there was no loop.

    def _end(self, ending: Ending) -> None:
        with self._lock:
            if self._ending is None:
                self._ending = replace(ending, reason=self._redactor.text(ending.reason))
            ending = self._ending
            calls, self._calls = self._calls, set()
        for call in calls:
            call.deliver(None)
        stage, self._plan.is_open = self._stage, False
        if ending.status is RunStatus.FAILED:
            stage.pool.stop(lambda: self._hurry)
        else:
            # What was asked and not answered leaves no stage: nobody waits for it any more.
            self._plan.samples = stage.done
            stage.finish(lambda: self._hurry)
        self._tell_last_lines()
        self._finish(ending)

    def _tell_last_lines(self) -> None:
        while not self._inbox.empty():
            message = self._inbox.get()
            if isinstance(message, LineWritten):
                self._telling.log(message.level, message.text, worker=message.process.name)
            elif isinstance(message, LogNotWritten):
                self._telling.log(
                    "warning", f"cannot write {message.error.filename}: {message.error}"
                )

    def _finish(self, ending: Ending) -> None:
        self._telling.finish(ending, self._plan, self._tally, lambda: self._hurry)
        self.folder.close(keep_logs=ending.status is RunStatus.FAILED)

    def _emit(self, event: Event) -> None:
        self._telling.emit(event)
        if isinstance(event, WorkerReady):
            self._has_begun.set()


_CLOSED = Ending(RunStatus.FINISHED, ExitCode.OK, "")


def _ending_of(error: BaseException) -> Ending:
    if isinstance(error, KeyboardInterrupt):
        return Ending.of(RunInterruptedError(signal.SIGINT))
    return Ending.of(error)
