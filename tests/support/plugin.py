"""A plugin as an outsider would write it, with the models of `tests.support.models`."""

from typing import Annotated, Literal

from editgauge import SAME_RESULTS, EditModelConfig, Field, RewardModelConfig, hookimpl
from editgauge.config_schemas.datasets import JsonlConfig
from editgauge.config_schemas.reporters import ReporterConfig
from editgauge.core.hooks.hookspecs import Register


class SleepingConfig(EditModelConfig):
    type: Literal["sleeping"]
    steps: int = 4
    step_seconds: Annotated[float, SAME_RESULTS] = 0.0
    folder: Annotated[str, SAME_RESULTS] = ""
    fingerprint_file: str = ""
    misbehave: Annotated[dict[str, str], SAME_RESULTS] = Field(default={})


class CountingConfig(RewardModelConfig):
    type: Literal["counting"]
    seconds: Annotated[float, SAME_RESULTS] = 0.0
    reply: str = "A fair edit.\nScore: {score}"
    replies: dict[str, str] = Field(default={})
    live: Annotated[bool, SAME_RESULTS] = True
    folder: Annotated[str, SAME_RESULTS] = ""
    misbehave: Annotated[dict[str, str], SAME_RESULTS] = Field(default={})


class StallingDatasetConfig(JsonlConfig):
    """Gives no row until the test says so."""

    folder: str


class StallingReporterConfig(ReporterConfig):
    """Does not take the event of a kind until the test says so."""

    folder: str
    at: str


@hookimpl
def register_datasets(register: Register) -> None:
    target = "tests.support.stalling:StallingDataset"
    register("stalling", config=StallingDatasetConfig, target=target)


@hookimpl
def register_reporters(register: Register) -> None:
    target = "tests.support.stalling:StallingReporter"
    register("stalling", config=StallingReporterConfig, target=target)


@hookimpl
def register_edit_models(register: Register) -> None:
    register("sleeping", config=SleepingConfig, target="tests.support.models:SleepingEditModel")


@hookimpl
def register_reward_models(register: Register) -> None:
    register("counting", config=CountingConfig, target="tests.support.models:CountingRewardModel")
