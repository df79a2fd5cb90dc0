"""The models, which a worker imports, maybe in a Python without pluggy and pydantic."""

import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

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

OPERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "blur": lambda image: image.filter(ImageFilter.GaussianBlur(4)),
    "flip": ImageOps.mirror,
    "grey": lambda image: ImageOps.grayscale(image).convert("RGB"),
    "invert": ImageOps.invert,
}


class WordEdit(EditModel):
    """Does what single words of the instruction say."""

    def load(self, config: Config, device: str) -> None:
        """Keep the configuration; a real model loads its weights onto `device` here."""
        del device
        self._config = config

    def edit(self, request: EditRequest, on_step: OnStep) -> Image.Image:
        """Return the edited image; an exception makes the sample `failed`."""
        words = request.instruction.lower().replace(".", " ").replace(",", " ").split()
        steps = [OPERATIONS[word] for word in words if word in OPERATIONS]
        if not steps:
            raise ValueError(f"the instruction has none of the words {', '.join(OPERATIONS)}")
        image = request.images[0]
        for number, operation in enumerate(steps, start=1):
            image = Image.blend(image, operation(image), self._config.strength)
            on_step(number, len(steps))
        if self._config.grain:
            # Every random number comes from the request's seed, so the picture can be made again.
            noise = random.Random(request.seed).randbytes(image.width * image.height)  # noqa: S311 - no secret
            layer = Image.frombytes("L", image.size, noise).convert("RGB")
            image = Image.blend(image, layer, self._config.grain)
        return image

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what belongs into the record of the run."""
        return {"operations": len(OPERATIONS)}


class Change(RewardModel):
    """Measures how much of the picture was changed: a metric, which needs no prompt."""

    def load(self, config: Config, device: str) -> None:
        """Do nothing: there is nothing to load."""
        del config, device

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply per request, in the same order."""
        replies = []
        for position, request in enumerate(requests):
            if len(request.images) < 2:
                raise ValueError("needs source and edited image; set 'judge_images: both'")
            source, edited = request.images[0], request.images[-1]
            difference = ImageChops.difference(source, edited.resize(source.size))
            value = sum(ImageStat.Stat(difference).mean) / (3 * 255)
            reply = Reply(f"{value:.1%} of the brightness was changed", value=value)
            on_reply(position, reply)  # makes it visible at once
            replies.append(reply)
        return replies
