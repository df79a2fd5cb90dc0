"""Registers the models of `editgauge.testing`; no entry point names this module.

Hand it over where you want them: `editgauge.run(config, plugins=[editgauge.testing.plugin])`.
"""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import SAME_RESULTS
from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
from editgauge.core.hooks.hookspecs import Register, hookimpl

_Seconds = Annotated[float, Field(ge=0), SAME_RESULTS]
_MODELS = "editgauge.testing.models"


class SleepingEditConfig(EditModelConfig):
    """Configuration of the edit model `testing-sleeping`."""

    type: Literal["testing-sleeping"]
    """Registered name of the edit model."""

    steps: Annotated[int, Field(ge=0)] = 4
    """Steps of each edit."""

    step_seconds: _Seconds = 0.0
    """Seconds that each step takes."""

    load_seconds: _Seconds = 0.0
    """Seconds that loading takes."""

    errors: dict[str, str] = Field(default={})
    """By id of a sample: what its edit raises after the last step, instead of a picture."""


class CountingEditConfig(EditModelConfig):
    """Configuration of the edit model `testing-counting`."""

    type: Literal["testing-counting"]
    """Registered name of the edit model."""

    path: Annotated[str, Field(min_length=1), SAME_RESULTS]
    """File that gets a line of JSON for each edit; `counted_edits` reads it."""


class ScriptedJudgeConfig(RewardModelConfig):
    """Configuration of the reward model `testing-scripted`."""

    type: Literal["testing-scripted"]
    """Registered name of the reward model."""

    reply: str | float = "A fair edit.\nScore: 7"
    """What is replied where `replies` says nothing: a text to be parsed, or a number as the
    value."""

    replies: dict[str, str | float] = Field(default={})
    """By id of a sample: what is replied."""

    errors: dict[str, str] = Field(default={})
    """By id of a sample: what is raised instead of a reply."""

    seconds: _Seconds = 0.0
    """Seconds that each reply takes."""


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register `testing-sleeping` and `testing-counting`."""
    register(
        "testing-sleeping",
        config=SleepingEditConfig,
        target=f"{_MODELS}:SleepingEditModel",
        summary="takes its time and tells its steps, for tests",
    )
    register(
        "testing-counting",
        config=CountingEditConfig,
        target=f"{_MODELS}:CountingEditModel",
        summary="notes each edit in a file, for tests",
    )


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register `testing-scripted`."""
    register(
        "testing-scripted",
        config=ScriptedJudgeConfig,
        target=f"{_MODELS}:ScriptedJudge",
        summary="replies as its configuration says, for tests",
    )
