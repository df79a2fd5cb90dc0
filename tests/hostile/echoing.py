"""Models that say what they are given, everywhere where a model can say something."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from editgauge import (
    Config,
    EditModel,
    EditModelConfig,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    RewardModelConfig,
    ScoreRequest,
    hookimpl,
)
from editgauge.core.hooks.hookspecs import Register

if TYPE_CHECKING:
    from PIL.Image import Image


def _say(text: str) -> None:
    """Write the bytes themselves to stderr, and the text, as a program would, to stdout."""
    os.write(2, text.encode("utf-8", "surrogatepass") + b"\xff\xc2 no UTF-8\n")
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class EchoingEditModel(EditModel):
    def load(self, config: Config, device: str) -> None:
        del device
        self.error = config.error
        _say(config.error)

    def describe(self) -> dict[str, str | int | float | bool]:
        return {"echo": self.error, self.error: "echo"}

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        _say(request.id)
        _say(request.instruction)
        on_step(1, 2)
        if request.index % 3 == 2:
            raise RuntimeError(request.instruction)
        return request.images[0]


class EchoingRewardModel(RewardModel):
    def load(self, config: Config, device: str) -> None:
        del config, device

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        del on_reply
        replies = []
        for request in requests:
            _say(request.prompt)
            if request.index % 4 == 1:
                raise RuntimeError(request.prompt)
            ending = "\nScore: 7.0" if request.index % 2 else ""
            replies.append(Reply(f"{request.prompt}\n{request.id}{ending}"))
        return replies


class EchoingEditConfig(EditModelConfig):
    type: Literal["echoing"]
    error: str = "x"


class EchoingRewardConfig(RewardModelConfig):
    type: Literal["echoing"]


@hookimpl
def register_edit_models(register: Register) -> None:
    register("echoing", config=EchoingEditConfig, target=f"{__name__}:EchoingEditModel")


@hookimpl
def register_reward_models(register: Register) -> None:
    register("echoing", config=EchoingRewardConfig, target=f"{__name__}:EchoingRewardModel")
