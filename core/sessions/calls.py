"""What is asked of a session: requests, and the call that waits for their results."""

import queue
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.outcomes import ScoreOutcome
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.samples import Sample
from editgauge.core.sessions.files import Keeper


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no worker can be asked; `outcome` is for the score stage."""

    reason: str
    outcome: ScoreOutcome = ScoreOutcome.FAILED


@dataclass(slots=True, eq=False, kw_only=True)
class Request:
    """One image to edit, or one edit to judge.

    Attributes:
        call: who waits for it.
        position: its place in the call, from 0.
        sample: what is asked.
        seed: the seed of the edit.
        edited: what is judged.
        holds: what keeps its files where they are.
        refusal: why no worker is asked, or None.
    """

    call: "Call"
    position: int
    sample: Sample
    seed: int = 0
    edited: Path = Path()
    holds: tuple[object, ...] = ()
    refusal: Refusal | None = None


Answer = tuple[Request, EditResult | ScoreResult]


class Call:
    """One call of a session's method, which waits in its own thread.

    Attributes:
        keeper: keeps the folder of the results, if it is a temporary one.
        is_cancelled: whether nobody waits any more; changed by the session's loop only.
    """

    def __init__(self, keeper: Keeper | None) -> None:
        """Begin with nothing asked."""
        self.keeper = keeper
        self.is_cancelled = False
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()

    def deliver(self, answer: Answer | None) -> None:
        """Hand over an answer; None: no other will come."""
        self._answers.put(answer)

    def drain(self) -> list[Answer]:
        """Return the answers that were delivered and not taken; nobody takes them any more."""
        answers = []
        while not self._answers.empty():
            if (answer := self._answers.get()) is not None:
                answers.append(answer)
        return answers

    def next(self) -> Answer | None:
        """Wait for the next answer."""
        return self._answers.get()
