"""Registers the models and reporters of the benchmarks, as an outside plugin would."""

from typing import Annotated, Literal

from editgauge import EditModelConfig, Field, ReporterConfig, RewardModelConfig, hookimpl
from editgauge.core.hooks.hookspecs import Register


class TimedConfig(EditModelConfig):
    """How long an edit takes."""

    type: Literal["timed"]

    steps: Annotated[int, Field(ge=1)] = 1
    """Step events of a sample."""

    step_seconds: Annotated[float, Field(ge=0)] = 0.0
    """Sleep of each step."""

    seconds_of_row: list[Annotated[float, Field(ge=0)]] = Field(default=[])
    """Sleep of each sample, by row number; if there is one, it counts instead."""

    side: Annotated[int, Field(ge=1)] = 64
    """Width and height of the picture in pixels."""

    meeting: str = ""
    """Folder in which all workers meet when they have loaded; empty: they do not wait."""

    workers_to_meet: int = 1
    """How many they are."""


class InstantConfig(RewardModelConfig):
    """A judge that answers at once."""

    type: Literal["instant"]


class BadConfig(ReporterConfig):
    """A reporter that misbehaves."""

    does: Literal["sleep", "block", "compute", "raise", "broken_pipe"]
    """What it does at each event: sleeps or computes for a second, never comes back, raises, or
    writes to a pipe that nobody reads."""


@hookimpl
def register_reporters(register: Register) -> None:
    """Register `bad`."""
    register("bad", config=BadConfig, target="benchmarks.bad_reporters:BadReporter")


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register `timed`."""
    register("timed", config=TimedConfig, target="benchmarks.models:TimedEditModel")


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register `instant`."""
    register("instant", config=InstantConfig, target="benchmarks.models:InstantRewardModel")
