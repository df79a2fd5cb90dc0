"""What edits and judges where no model is to be tried: quick, and the same every time.

Python 3.10, the standard library and Pillow: imported in workers of any environment.
"""

import hashlib
import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

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

_RANGE = re.compile(r"a number from (-?[\d.]+(?:e[+-]?\d+)?) to (-?[\d.]+(?:e[+-]?\d+)?)\.")


class MarkingEdit(EditModel):
    """Tints the source and marks it with a band of stripes, both made of instruction and seed."""

    def load(self, config: Config, device: str) -> None:
        """Keep the configuration."""
        del device
        self._steps: int = config.steps or 4
        self._step_seconds: float = config.step_seconds or 0.0

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        """Return the marked picture, after as many steps as were asked for."""
        for step in range(1, self._steps + 1):
            time.sleep(self._step_seconds)
            on_step(step, self._steps)
        return marked(request.images[0], request.instruction, request.seed)


def marked(source: "Image", instruction: str, seed: int) -> "Image":
    """Return the source with a tint and with stripes in its lowest eighth."""
    from PIL import Image

    text = f"{seed}\n{instruction}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(text).digest()
    source = source.convert("RGB")
    tint = Image.new("RGB", source.size, (digest[0], digest[1], digest[2]))
    picture = Image.blend(source, tint, 0.5)
    band = max(1, source.height // 8)
    stripes = Image.frombytes("L", (len(digest), 1), digest).resize(
        (source.width, band), Image.Resampling.NEAREST
    )
    picture.paste(stripes.convert("RGB"), (0, source.height - band))
    return picture


class BrightnessJudge(RewardModel):
    """Measures how bright the edited picture is, and answers in the form that is asked for."""

    def load(self, config: Config, device: str) -> None:
        """Keep the configuration."""
        del device
        self._seconds: float = config.seconds or 0.0

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply per request."""
        replies = []
        for position, request in enumerate(requests):
            time.sleep(self._seconds)
            reply = answer(request, brightness(request.images[-1]))
            replies.append(reply)
            on_reply(position, reply)
        return replies


def brightness(picture: "Image") -> float:
    """Return the mean brightness, from 0 (black) to 1 (white)."""
    from PIL import ImageStat

    return float(ImageStat.Stat(picture.convert("L")).mean[0]) / 255


def answer(request: ScoreRequest, part: float) -> Reply:
    """Return a reply in the form that the prompt ends with, or by its labels.

    Args:
        request: what is asked.
        part: where the score lies, from 0 (the worst) to 1 (the best).
    """
    if request.labels:
        last = len(request.labels) - 1
        value = request.values[0] + part * (request.values[last] - request.values[0])
        return Reply(request.labels[round(part * last)], value)
    # Only the end: what stands before it has the sample's own words.
    form = request.prompt.rpartition("\n\n")[2]
    reason = f"The mean brightness of the picture is {part:.3f} of white.\n"
    if "Answer: yes" in form:
        return Reply(f"{reason}Answer: {'yes' if part >= 0.5 else 'no'}")
    bounds = _RANGE.search(form)
    least, most = (float(bounds[1]), float(bounds[2])) if bounds is not None else (0.0, 10.0)
    score = min(max(round(least + part * (most - least), 3), least), most)
    numbers = re.search(r"Score: \[(.*?)\]", form)
    if numbers is None:
        return Reply(f"{reason}Score: {score}")
    number = max(numbers[1].count("X.X"), 1)
    return Reply(f"{reason}Score: [{', '.join([str(score)] * number)}]")
