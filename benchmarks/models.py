"""Models that take a given time and nothing else: what is left of a run is the framework.

Imported in workers, so standard library only at import.
"""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from editgauge import (
    Config,
    EditModel,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    ScoreRequest,
)

if TYPE_CHECKING:
    from PIL.Image import Image

_MEETING_SECONDS = 120.0
_POLL_SECONDS = 0.001


class TimedEditModel(EditModel):
    """Sleeps for each step and returns a plain square."""

    def load(self, config: Config, device: str) -> None:
        """Import what pictures need, and wait until every worker has come as far as this."""
        # A real model brings Pillow when it is loaded, not with its first edit.
        from PIL import Image, ImageOps

        del device, ImageOps
        Image.preinit()
        self._config = config
        if config.meeting:
            meet(Path(config.meeting), config.workers_to_meet)

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Sleep: the seconds of this row if there is a list of them, else of every step."""
        from PIL import Image

        config = self._config
        seconds = config.seconds_of_row[request.index] if config.seconds_of_row else None
        for step in range(1, config.steps + 1):
            time.sleep(config.step_seconds if seconds is None else seconds / config.steps)
            on_step(step, config.steps)
        return Image.new("RGB", (config.side, config.side), (request.seed % 256, 80, 160))


class InstantRewardModel(RewardModel):
    """Answers at once, with the same words for every picture."""

    def load(self, config: Config, device: str) -> None:
        """Nothing is loaded."""
        del config, device

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return a reply per request."""
        replies = [
            Reply(f"Benchmark reply to {request.id}.\nScore: {request.index % 11}")
            for request in requests
        ]
        for position, reply in enumerate(replies):
            on_reply(position, reply)
        return replies


def meet(folder: Path, number: int) -> None:
    """Return when `number` processes have come to this folder.

    Raises:
        TimeoutError: the others did not come.
    """
    (folder / str(os.getpid())).touch()
    deadline = time.monotonic() + _MEETING_SECONDS
    while sum(1 for _ in folder.iterdir()) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"expected {number} workers at {folder} within {_MEETING_SECONDS:g} s; "
                "is `parallel_loads` smaller than the number of workers?"
            )
        time.sleep(_POLL_SECONDS)
