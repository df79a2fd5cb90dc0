"""Which samples the next free worker gets: workers pull, nothing waits for anything else.

Pure bookkeeping, without input, output or clock.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from editgauge.core.samples import Sample

MAX_STRIKES = 2
"""A sample that was alone with a worker that died so many times is set aside."""


@dataclass(slots=True)
class Batch:
    """Samples that were cut together, in row order.

    `open` counts those that have not left the stage; `number` counts from 1.
    """

    number: int
    size: int
    open: int
    started: float = 0.0
    scored: int = 0
    total: float = 0.0


@dataclass(slots=True, eq=False)
class Task:
    """A sample on its way through a stage."""

    sample: Sample
    batch: Batch
    attempt: int = 0
    strikes: int = 0


@dataclass(slots=True, eq=False)
class Assignment:
    """What a worker has in hand: the tasks of one request, those still open among them."""

    tasks: tuple[Task, ...]
    started: float
    open: dict[int, Task] = field(default_factory=dict)
    """Tasks that have not left the stage, by their position in the request."""

    def __post_init__(self) -> None:
        """Begin with every task open."""
        self.open = dict(enumerate(self.tasks))

    def sample_ids(self) -> tuple[str, ...]:
        """Return the ids of the samples that are still open."""
        return tuple(task.sample.id for task in self.open.values())


class Scheduler:
    """Cuts batches in row order and hands out what was lost, one by one, before anything new."""

    def __init__(self, samples: Iterator[Sample], batch_size: int) -> None:
        """Take samples lazily.

        Args:
            samples: what the stage has to do, in row order; asked again after it had no more.
            batch_size: samples in a full batch.
        """
        self._samples = samples
        self._batch_size = batch_size
        self._again: deque[Task] = deque()
        self._next: Sample | None = None
        self._batches = 0

    def has_work(self) -> bool:
        """Return whether a free worker would get something."""
        return bool(self._again) or self._peek() is not None

    def next_tasks(self) -> tuple[Task, ...]:
        """Return what the next free worker gets; empty if nothing is left to hand out."""
        if self._again:
            tasks: tuple[Task, ...] = (self._again.popleft(),)
        else:
            tasks = self._cut_batch()
        for task in tasks:
            task.attempt += 1
        return tasks

    def _peek(self) -> Sample | None:
        if self._next is None:
            self._next = next(self._samples, None)
        return self._next

    def _cut_batch(self) -> tuple[Task, ...]:
        samples: list[Sample] = []
        while len(samples) < self._batch_size and (sample := self._peek()) is not None:
            samples.append(sample)
            self._next = None
        if not samples:
            return ()
        self._batches += 1
        batch = Batch(number=self._batches, size=len(samples), open=len(samples))
        return tuple(Task(sample, batch) for sample in samples)

    def give_back(self, assignment: Assignment, *, strike: bool) -> list[Task]:
        """Take back the open tasks of a request that was not answered.

        They are handed out again one sample at a time. A sample gets a strike only if it was
        alone in its request.

        Args:
            assignment: what was lost.
            strike: whether a worker died after it had begun with it; if not, an alone sample is
                handed out again without a strike.

        Returns:
            The tasks that have too many strikes and leave the stage.
        """
        alone = len(assignment.tasks) == 1
        set_aside = []
        for task in reversed(list(assignment.open.values())):
            task.strikes += 1 if alone and strike else 0
            if task.strikes >= MAX_STRIKES:
                set_aside.append(task)
            else:
                self._again.appendleft(task)
        return set_aside
