"""Two other ways to hand out samples, for comparison; all else is the real edit stage."""

from collections import deque
from collections.abc import Iterator
from heapq import heapify, heapreplace

from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.scheduler import Assignment, Scheduler, Task
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.samples import Sample
from editgauge.core.workers.worker import Worker, WorkerPlan


class BarrierScheduler(Scheduler):
    """Hands out a batch sample by sample, and the next batch when all of it is done."""

    def __init__(self, samples: Iterator[Sample], batch_size: int) -> None:
        """See `Scheduler`."""
        super().__init__(samples, batch_size)
        self._batch: tuple[Task, ...] = ()
        self._in_batch: deque[Task] = deque()

    def has_work(self) -> bool:
        """Return whether anything is left, even if nobody may have it yet."""
        return bool(self._in_batch) or super().has_work()

    def next_tasks(self) -> tuple[Task, ...]:
        """Return one sample, or nothing while others of the batch are under way."""
        if not self._in_batch:
            if self._batch and self._batch[0].batch.open:
                return ()
            self._batch = super().next_tasks()
            self._in_batch.extend(self._batch)
        return (self._in_batch.popleft(),) if self._in_batch else ()

    def give_back(self, assignment: Assignment, *, strike: bool) -> list[Task]:
        """Give up: with a lost worker there is nothing to compare."""
        raise RuntimeError(f"a worker was lost with {assignment.sample_ids()} (strike: {strike})")


class BarrierEditStage(EditStage):
    """The edit stage in batches of as many samples as there are workers."""

    def __init__(
        self,
        plan: StagePlan,
        samples: Iterator[Sample],
        workers: WorkerPlan,
        tools: StageTools,
        *,
        seed: int,
    ) -> None:
        """See `EditStage`."""
        super().__init__(plan, iter(()), workers, tools, seed=seed)
        self._scheduler = BarrierScheduler(samples, len(self.pool.workers))


class StaticEditStage(EditStage):
    """The edit stage with sample `i` bound to worker `i mod workers`."""

    def __init__(
        self,
        plan: StagePlan,
        samples: Iterator[Sample],
        workers: WorkerPlan,
        tools: StageTools,
        *,
        seed: int,
    ) -> None:
        """See `EditStage`."""
        super().__init__(plan, iter(()), workers, tools, seed=seed)
        rows, number = list(samples), len(self.pool.workers)
        self._shares = {
            worker.name: Scheduler(iter(rows[position::number]), 1)
            for position, worker in enumerate(self.pool.workers)
        }

    def needs_workers(self) -> bool:
        """Return whether anything is left of any share."""
        return bool(self._in_hand) or any(share.has_work() for share in self._shares.values())

    def worker_ready(self, worker: Worker) -> None:
        """Hand the worker the next sample of its own share."""
        self._scheduler = self._shares[worker.name]
        super().worker_ready(worker)


STAGES: dict[str, type[EditStage]] = {
    "pull": EditStage,
    "static": StaticEditStage,
    "barrier": BarrierEditStage,
}
"""The edit stage of each policy; `pull` is editgauge's own."""


def computed_seconds(policy: str, times: list[float], workers: int) -> float:
    """Return how long a policy takes if handing out costs nothing.

    Args:
        policy: a key of `STAGES`.
        times: seconds of each sample.
        workers: number of workers, all free at the start.
    """
    if policy == "static":
        return max(sum(times[worker::workers]) for worker in range(workers))
    if policy == "barrier":
        return sum(max(times[first : first + workers]) for first in range(0, len(times), workers))
    ends = [0.0] * workers
    heapify(ends)
    for seconds in times:
        heapreplace(ends, ends[0] + seconds)
    return max(ends)
