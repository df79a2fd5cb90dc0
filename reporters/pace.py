"""How long the rest of a stage takes: from finished samples alone."""

from dataclasses import dataclass

from editgauge.core.hooks.events import (
    Event,
    SampleFinished,
    SampleStarted,
    WorkerLost,
    WorkerReady,
)


@dataclass(slots=True)
class _Worker:
    """What a worker did; times in seconds of the run."""

    done: int = 0
    busy: float = 0.0
    """Seconds that its finished samples took."""
    since: float | None = None
    """When it began, or finished its last sample; None if it is not there. Waiting between two
    samples is part of its speed: what holds it up will do so again."""
    is_there: bool = False

    def rate(self) -> float | None:
        """Return samples a second, or None if nothing can be said yet."""
        return self.done / self.busy if self.done and self.busy > 0 else None


class Pace:
    """Follows the workers of one stage.

    Each worker's speed is measured alone and the speeds are added up, so the estimate holds from
    the first finished sample on, although the others' first samples are still under way, and it
    changes when a worker is lost. Samples that leave the stage without a worker (there is no
    edited image) take no time and say nothing of the others. Results of an earlier start have no
    events in this one.
    """

    def __init__(self, batch_size: int = 1) -> None:
        """Begin with nothing known. `batch_size`: samples that a worker is given at once."""
        self._batch_size = max(1, batch_size)
        self._workers: dict[str, _Worker] = {}
        self.last = 0.0
        """When a worker finished the last sample."""

    def hear(self, event: Event) -> None:
        """Follow an event of this stage."""
        if not event.worker:
            return
        worker = self._workers.setdefault(event.worker, _Worker())
        match event:
            case WorkerReady():
                worker.is_there = True
            case WorkerLost():
                worker.is_there, worker.since = False, None
            case SampleStarted():
                worker.is_there = True
                if worker.since is None:
                    worker.since = event.elapsed
            case SampleFinished():
                if worker.since is not None:
                    worker.busy += event.elapsed - worker.since
                worker.since = self.last = event.elapsed
                worker.done += 1

    def seconds_left(self, left: int, now: float) -> float | None:
        """Return how long `left` samples will take, or None before the first finished one.

        Between two finished samples it counts down with the time.
        """
        rate = self._rate(left)
        if rate is None:
            return None
        return max(0.0, left / rate - max(0.0, now - self.last))

    def _rate(self, left: int) -> float | None:
        """Return samples a second of all workers that can have some of what is left."""
        known = [worker for worker in self._workers.values() if worker.rate() is not None]
        if not known:
            return None
        common = sum(worker.done for worker in known) / sum(worker.busy for worker in known)
        there = [worker for worker in self._workers.values() if worker.is_there]
        rates = [worker.rate() or common for worker in there]
        if not rates:
            # All are lost at present; one will be back, or the run ends.
            return common
        needed = min(len(rates), max(1, -(-left // self._batch_size)))
        return sum(rates) * needed / len(rates)
