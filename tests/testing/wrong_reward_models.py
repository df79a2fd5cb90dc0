"""Reward models that are wrong, each in one way; `Right` is what is right about them.

Imported in workers, so standard library only at import.
"""

import contextlib
import threading
import time
from collections.abc import Sequence
from typing import Any

from editgauge import (
    Config,
    OnReply,
    Register,
    Reply,
    RewardModel,
    RewardModelConfig,
    ScoreRequest,
    hookimpl,
)


class Right(RewardModel):
    """Scores the brightness of the edited image, from 0 to 10."""

    def load(self, config: Config, device: str) -> None:
        del config, device

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        replies = []
        for position, request in enumerate(requests):
            reply = self.reply(request)
            on_reply(position, reply)
            replies.append(reply)
        return replies

    def reply(self, request: ScoreRequest) -> Reply:
        value = self.measure(request)
        return Reply(f"bright: {value:.3f}", value=value)

    def measure(self, request: ScoreRequest) -> float:
        from PIL import ImageStat

        return sum(ImageStat.Stat(request.images[-1]).mean) / 3 / 255 * 10


class Writing(Right):
    """Not wrong: a judge that writes."""

    def reply(self, request: ScoreRequest) -> Reply:
        return Reply(f"A fair edit.\nScore: {self.measure(request):.3f}")


class Reversed(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        del on_reply
        return [self.reply(request) for request in reversed(requests)]


class ReturnedInReverse(Right):
    """Tells each reply at its position, and returns them in another order."""

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        return super().score(requests, on_reply)[::-1]


class OneShort(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        return super().score(requests, on_reply)[:-1] if len(requests) > 1 else []


class Mixing(Right):
    """Pads without a mask, so to speak: the batch colours each score."""

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        values = [self.measure(request) for request in requests]
        mean = sum(values) / len(values)
        replies = [Reply("mixed", value=0.9 * value + 0.1 * mean) for value in values]
        for position, reply in enumerate(replies):
            on_reply(position, reply)
        return replies


class Silent(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        del on_reply
        return [self.reply(request) for request in requests]


class TellingByIndex(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        replies = [self.reply(request) for request in requests]
        for position, reply in enumerate(replies, start=1):
            with contextlib.suppress(IndexError):
                on_reply(position, reply)
        return replies


class TellingTwice(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        replies = super().score(requests, on_reply)
        on_reply(0, replies[0])
        return replies


class TellingSomethingElse(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        replies = super().score(requests, on_reply)
        return [Reply(f"{reply.text} of 10", reply.value) for reply in replies]


class Lenient(Right):
    def measure(self, request: ScoreRequest) -> float:
        try:
            return super().measure(request)
        except ValueError:
            return 5.0


class OutOfRange(Right):
    def measure(self, request: ScoreRequest) -> float:
        return super().measure(request) * 10 + 11


class WithoutNumber(Right):
    def measure(self, request: ScoreRequest) -> float:
        return super().measure(request) * float("nan")


class Upset(Right):
    _failed = False

    def measure(self, request: ScoreRequest) -> float:
        try:
            return super().measure(request) / (2 if self._failed else 1)
        except ValueError:
            self._failed = True
            raise


class LateReply(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        replies = super().score(requests, on_reply)

        def later() -> None:
            time.sleep(0.05)
            with contextlib.suppress(RuntimeError):
                on_reply(0, replies[0])

        threading.Thread(target=later).start()
        return replies


class GivingAGenerator(Right):
    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> Any:
        del on_reply
        return tuple(self.reply(request) for request in requests)


class DrawingOnImages(Right):
    def measure(self, request: ScoreRequest) -> float:
        value = super().measure(request)
        request.images[-1].paste("red", (0, 0, 4, 4))
        return value


@hookimpl
def register_reward_models(register: Register) -> None:
    for name, found in list(globals().items()):
        if isinstance(found, type) and issubclass(found, Right):
            register(
                name,
                config=RewardModelConfig,
                target=f"{__name__}:{name}",
                summary="wrong in one way",
            )
