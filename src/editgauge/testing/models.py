"""Models that do as a test tells them: they sleep, count, and answer from a script.

Standard library only: workers of any Python environment import this module.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge.core.models import (
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


class SleepingEditModel(EditModel):
    """The edit model `testing-sleeping`: takes its time, and tells its steps.

    The picture is the source with a bar at its top in a colour that comes of the seed.
    """

    def load(self, config: Config, device: str) -> None:
        """Sleep for `load_seconds`."""
        del device
        self._config = config
        time.sleep(config.load_seconds)

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Sleep for `step_seconds` at each of `steps` steps; raise for the ids in `errors`."""
        for step in range(1, self._config.steps + 1):
            time.sleep(self._config.step_seconds)
            on_step(step, self._config.steps)
        errors = self._config.errors.to_dict()
        if request.id in errors:
            raise RuntimeError(errors[request.id])
        return _marked(request)


class CountingEditModel(EditModel):
    """The edit model `testing-counting`: notes each edit in a file; see `counted_edits`."""

    def load(self, config: Config, device: str) -> None:
        """Remember where the notes go."""
        self._path, self._device = Path(config.path), device

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Note what was asked for, in a line of JSON."""
        on_step(1, 1)
        note = {
            "id": request.id,
            "index": request.index,
            "instruction": request.instruction,
            "seed": request.seed,
            "sizes": [list(image.size) for image in request.images],
            "worker": os.environ.get("EDITGAUGE_WORKER", ""),
            "device": self._device,
            "pid": os.getpid(),
        }
        # One write, so that lines of several workers are not mixed.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, (json.dumps(note) + "\n").encode())
        finally:
            os.close(descriptor)
        return _marked(request)


class ScriptedJudge(RewardModel):
    """The reward model `testing-scripted`: its replies are written in its configuration."""

    def load(self, config: Config, device: str) -> None:
        """Take the script."""
        del device
        self._replies = config.replies.to_dict()
        self._errors = config.errors.to_dict()
        self._config = config

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Reply by the id of each sample; raise for the ids in `errors`."""
        replies = []
        for position, request in enumerate(requests):
            # As a judge does, so that a picture that cannot be read is no success.
            for image in request.images:
                image.load()
            time.sleep(self._config.seconds)
            if request.id in self._errors:
                raise RuntimeError(self._errors[request.id])
            said = self._replies.get(request.id, self._config.reply)
            reply = Reply(said) if isinstance(said, str) else Reply("", value=float(said))
            on_reply(position, reply)
            replies.append(reply)
        return replies


def counted_edits(path: Path | str) -> list[dict[str, Any]]:
    """Return what `testing-counting` has noted, one mapping for each edit, in order.

    Keys: `id`, `index`, `instruction`, `seed`, `sizes`, `worker`, `device`, `pid`.

    Args:
        path: the `path` of its configuration; a file that is not there has no edits.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines]


def _marked(request: EditRequest) -> "Image":
    """Return a copy of the source with a bar whose colour comes of the seed."""
    picture = request.images[0].copy()
    seed = request.seed
    color = (seed % 256, seed // 256 % 256, seed // 65536 % 256)
    picture.paste(color, (0, 0, picture.width, max(1, picture.height // 8)))
    return picture
