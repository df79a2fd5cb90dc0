"""A plugin as an outsider would write it, with the models of `tests.support.models`."""

from typing import Literal

from editgauge import EditModelConfig, Field, RewardModelConfig, hookimpl
from editgauge.core.hooks.hookspecs import Register


class SleepingConfig(EditModelConfig):
    type: Literal["sleeping"]
    steps: int = 4
    step_seconds: float = 0.0
    folder: str = ""
    misbehave: dict[str, str] = Field(default={})


class CountingConfig(RewardModelConfig):
    type: Literal["counting"]
    seconds: float = 0.0
    reply: str = "A fair edit.\nScore: {score}"
    replies: dict[str, str] = Field(default={})
    live: bool = True
    folder: str = ""
    misbehave: dict[str, str] = Field(default={})


@hookimpl
def register_edit_models(register: Register) -> None:
    register("sleeping", config=SleepingConfig, target="tests.support.models:SleepingEditModel")


@hookimpl
def register_reward_models(register: Register) -> None:
    register("counting", config=CountingConfig, target="tests.support.models:CountingRewardModel")
