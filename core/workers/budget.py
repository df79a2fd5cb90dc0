"""How many workers a run may lose, and how long it waits before one is started again.

Pure bookkeeping, without processes or clock. Samples have a budget of their own, in
`editgauge.core.run.scheduler`: two strikes.
"""

from dataclasses import dataclass, field

LONGEST_PAUSE = 60.0
"""Seconds after which a lost worker is started again at the latest."""


@dataclass(slots=True)
class WorkerBudget:
    """How often one worker may be lost in a row and be replaced.

    Losses are in a row until a sample leaves the stage at the worker: a worker that gets work done
    between its deaths may go on, one that does not is given up.

    Attributes:
        max_restarts: losses in a row after which it is still replaced.
        first_pause: seconds that it waits after the first one; doubled with each further one.
        losses: losses in a row so far.
    """

    max_restarts: int
    first_pause: float
    losses: int = field(default=0, init=False)

    def lose(self) -> float | None:
        """Count a loss; return the seconds until a replacement, or None if there is none."""
        self.losses += 1
        if self.losses > self.max_restarts:
            return None
        # Above 2**10 any pause that is not 0 has reached its limit, or is hardly one.
        return min(self.first_pause * 2.0 ** min(self.losses - 1, 10), LONGEST_PAUSE)

    def clear(self) -> None:
        """Take note that a sample left the stage at this worker."""
        self.losses = 0


@dataclass(slots=True)
class RunBudget:
    """How many workers a run may lose, all stages together.

    Attributes:
        max_lost_workers: with more than this, the run ends.
        lost: workers lost so far, since the run was started or resumed.
    """

    max_lost_workers: int
    lost: int = field(default=0, init=False)

    def lose(self) -> None:
        """Count a loss."""
        self.lost += 1

    @property
    def is_used_up(self) -> bool:
        """Whether more were lost than the run allows."""
        return self.lost > self.max_lost_workers
