"""A stage: samples pulled through workers, and what becomes of the answers."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from editgauge.core.hooks.events import (
    BatchFinished,
    BatchStarted,
    Event,
    LogEmitted,
    SampleFinished,
    SampleRetried,
    SampleStarted,
    StageFinished,
    StageStarted,
)
from editgauge.core.outcomes import Stage
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.scheduler import Assignment, Scheduler, Task
from editgauge.core.run.stage_supplies import DoneSamples, ResultKeys, ResultStore
from editgauge.core.run.summary import Tally, counts
from editgauge.core.samples import Sample
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.pool import WorkerPool
from editgauge.core.workers.process import WorkerMessage
from editgauge.core.workers.protocol import Frame
from editgauge.core.workers.worker import Worker, WorkerPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTools:
    """What a stage works with.

    Attributes:
        store: takes results.
        completion: notes which samples are done.
        keys: computes what makes a row valid.
        tally: counts results.
        emit: takes events.
        inbox: takes messages of workers.
        budget: how many workers the run may lose.
    """

    store: ResultStore
    completion: DoneSamples
    keys: ResultKeys
    tally: Tally
    emit: Callable[[Event], None]
    inbox: Callable[[WorkerMessage], None]
    budget: RunBudget


@dataclass(slots=True, kw_only=True)
class StagePlan:
    """How much there is to do in a stage; while it is open, more may be added to it.

    Attributes:
        samples: samples that the stage will finish.
        requested: how many of them need a worker.
        batch_size: samples in a full batch.
        detail: what the stage runs, for people.
        is_open: whether more may come, so that workers are kept though nothing is to do.
    """

    samples: int
    requested: int
    batch_size: int
    detail: str
    is_open: bool = False

    @property
    def batches(self) -> int:
        """Number of batches."""
        return -(-self.requested // self.batch_size)


class StageRun(ABC):
    """A stage in progress: pulls samples through its workers; the owner of its pool."""

    stage: Stage

    def __init__(
        self, plan: StagePlan, samples: Iterator[Sample], workers: WorkerPlan, tools: StageTools
    ) -> None:
        """Prepare the stage.

        Args:
            plan: how much there is to do.
            samples: the samples that need a worker, in row order, read lazily. While the plan is
                open, it may have more after it had none.
            workers: what its workers are.
            tools: what it works with.
        """
        self.pool = WorkerPool(
            workers, self, inbox=tools.inbox, emit=tools.emit, budget=tools.budget
        )
        self.plan = plan
        self._tools = tools
        self._scheduler = Scheduler(samples, plan.batch_size)
        self._in_hand: dict[str, Assignment] = {}
        self._done = 0
        self._ok = 0
        self._started = 0.0

    def start(self) -> None:
        """Announce the stage and start its workers."""
        self._started = time.monotonic()
        minimum, maximum = self.score_range() or (None, None)
        self._tools.emit(
            StageStarted(
                stage=self.stage,
                samples=self.plan.samples,
                batch_size=self.plan.batch_size,
                batches=self.plan.batches,
                workers=len(self.pool.workers) if self.needs_workers() else 0,
                detail=self.plan.detail,
                score_minimum=minimum,
                score_maximum=maximum,
            )
        )
        if self.needs_workers():
            self.pool.start()

    def finish(self, hurry: Callable[[], bool]) -> None:
        """End the workers (see `WorkerPool.stop`) and announce the end of the stage.

        Raises:
            RuntimeError: a sample is missing; a run that lost one is no success.
        """
        self.pool.stop(hurry)
        if self._done != self.plan.samples:
            raise RuntimeError(
                f"{self._done} of {self.plan.samples} samples left the {self.stage} stage, and "
                "nothing is left to do: samples.jsonl was changed, or editgauge lost them"
            )
        tally = self._tools.tally
        edits = self.stage is Stage.EDIT
        self._tools.emit(
            StageFinished(
                stage=self.stage,
                samples=self._done,
                outcomes=counts(tally.edit_outcomes if edits else tally.score_outcomes),
                figures=None if edits else tally.figures(),
                seconds=round(self.seconds, 3),
            )
        )

    @property
    def done(self) -> int:
        """Samples that have left the stage in this start."""
        return self._done

    @property
    def seconds(self) -> float:
        """Seconds since the stage began."""
        return time.monotonic() - self._started

    def score_range(self) -> tuple[float, float] | None:
        """Return least and greatest possible score, or None if there is no such range."""
        return None

    def needs_workers(self) -> bool:
        """Return whether any sample is left to hand out or in hand, or may come."""
        return self.plan.is_open or bool(self._in_hand) or self._scheduler.has_work()

    def worker_ready(self, worker: Worker) -> None:
        """Hand the worker its next request, if there is one."""
        tasks = self._scheduler.next_tasks()
        if not tasks:
            return
        now = time.monotonic()
        assignment = Assignment(tasks, started=now)
        self._in_hand[worker.name] = assignment
        # Before the events: work comes first, reporters are told while it is under way.
        self.pool.assign(worker, assignment, self.request(tasks))
        batch = tasks[0].batch
        if not batch.started:
            batch.started = now
            self._tools.emit(
                BatchStarted(
                    worker=worker.name,
                    stage=self.stage,
                    number=batch.number,
                    of=self.plan.batches,
                    samples=assignment.sample_ids(),
                )
            )
        for task in tasks:
            self._tools.emit(
                SampleStarted(
                    worker=worker.name,
                    stage=self.stage,
                    sample=task.sample.id,
                    index=task.sample.index,
                    category=task.sample.category,
                    instruction=task.sample.instruction,
                    attempt=task.attempt,
                )
            )

    def frame_received(self, worker: Worker, frame: Frame) -> None:
        """Handle an answer, or a part of one."""
        assignment = self._in_hand[worker.name]
        try:
            answered = self.answer(worker, assignment, frame)
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            self.pool.condemn(
                worker,
                f"broke the protocol: a {frame['kind']!r} frame cannot be used "
                f"({type(error).__name__}: {error})",
            )
            return
        if answered:
            del self._in_hand[worker.name]
            self.pool.done(worker)
            self.hand_out()

    def hand_out(self) -> None:
        """Give every free worker something to do."""
        for worker in self.pool.ready_workers():
            self.worker_ready(worker)

    def work_lost(
        self, worker: Worker, work: Any, *, reason: str, begun: bool, timed_out: bool
    ) -> None:
        """Queue the samples of a lost worker again, or set them aside.

        Nothing is held against a sample with which the worker had not begun.
        """
        del self._in_hand[worker.name]
        why = f"{worker.name} {reason}"
        self._give_back(worker, work, reason=why, strike=begun, timed_out=timed_out)
        self.hand_out()

    def _give_back(
        self,
        worker: Worker,
        assignment: Assignment,
        *,
        reason: str,
        strike: bool,
        timed_out: bool = False,
    ) -> None:
        """Take back what was not answered; `strike` says whether a worker may have died of it."""
        set_aside = self._scheduler.give_back(assignment, strike=strike)
        for task in assignment.open.values():
            if task in set_aside:
                continue
            self._tools.emit(
                SampleRetried(
                    worker=worker.name,
                    stage=self.stage,
                    sample=task.sample.id,
                    index=task.sample.index,
                    attempt=task.attempt,
                    reason=reason,
                )
            )
        seconds = round(time.monotonic() - assignment.started, 4)
        for task in set_aside:
            why = f"{task.strikes} workers were lost with this sample; the last one, {reason}"
            self.set_aside(task, worker, why, timed_out=timed_out, seconds=seconds)

    def leave(
        self,
        task: Task | None,
        worker: str,
        result: EditResult | ScoreResult,
        *,
        image: str | None = None,
    ) -> None:
        """Write a sample's row, then announce it. `task` is None if no worker was asked."""
        tools, ok = self._tools, result.outcome == "ok"
        score = result.score if isinstance(result, ScoreResult) else None
        tools.store.append(result)
        tools.completion.add(result)
        tools.tally.add(result)
        self._done += 1
        self._ok += ok
        tools.emit(
            SampleFinished(
                worker=worker,
                stage=self.stage,
                sample=result.id,
                index=result.index,
                category=result.category,
                outcome=result.outcome,
                seconds=result.seconds,
                attempt=result.attempt,
                done=self._done,
                of=self.plan.samples,
                ok=self._ok,
                image=image,
                score=score,
                reply=result.reply if isinstance(result, ScoreResult) else None,
                reason=result.reason,
                mean=tools.tally.mean if self.stage is Stage.SCORE else None,
            )
        )
        if task is not None:
            self.pool.sample_left(worker)
            self._leave_batch(task, worker, score)

    def _leave_batch(self, task: Task, worker: str, score: float | None) -> None:
        batch = task.batch
        batch.open -= 1
        if score is not None:
            batch.scored += 1
            batch.total += score
        if batch.open:
            return
        has_mean = batch.scored and self.score_range() is not None
        self._tools.emit(
            BatchFinished(
                worker=worker,
                stage=self.stage,
                number=batch.number,
                of=self.plan.batches,
                samples=batch.size,
                scored=batch.scored,
                mean=batch.total / batch.scored if has_mean else None,
                seconds=round(time.monotonic() - batch.started, 4),
            )
        )

    def _warn(self, worker: Worker, text: str) -> None:
        self._tools.emit(LogEmitted(worker=worker.name, level="warning", text=text))

    @abstractmethod
    def request(self, tasks: tuple[Task, ...]) -> Frame:
        """Return the frame that asks a worker to do the tasks."""

    @abstractmethod
    def answer(self, worker: Worker, assignment: Assignment, frame: Frame) -> bool:
        """Handle a frame; return whether the request is answered with it."""

    @abstractmethod
    def set_aside(
        self, task: Task, worker: Worker, reason: str, *, timed_out: bool, seconds: float
    ) -> None:
        """Let a sample leave the stage that took too many workers down."""
