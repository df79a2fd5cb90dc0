"""An edit model, a reward model and a reporter for editgauge: what they are called and told."""

from typing import Annotated, Literal

from editgauge import (
    EditModelConfig,
    Field,
    Register,
    ReporterConfig,
    RewardModelConfig,
    RubricConfig,
    hookimpl,
)


class WordEditConfig(EditModelConfig):
    """Configuration of the edit model `words`."""

    type: Literal["words"]
    """Registered name of the edit model."""

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How much of each operation reaches the picture."""

    grain: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How much noise is mixed in."""


class ChangeConfig(RewardModelConfig):
    """Configuration of the reward model `change`."""

    type: Literal["change"]
    """Registered name of the reward model."""

    rubric: RubricConfig = RubricConfig(
        name="change", prompt="Share of the picture's brightness that was changed.", maximum=1.0
    )
    """Name and range of the measurement."""


class WorstConfig(ReporterConfig):
    """Configuration of the reporter `worst`."""

    number: Annotated[int, Field(ge=1)] = 3
    """How many samples are listed."""


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the edit model `words`."""
    register(
        "words",
        config=WordEditConfig,
        target="my_model.models:WordEdit",
        summary="does what single words of the instruction say",
    )


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the reward model `change`."""
    register(
        "change",
        config=ChangeConfig,
        target="my_model.models:Change",
        summary="how much of the picture was changed, from 0 to 1",
    )


@hookimpl
def register_reporters(register: Register) -> None:
    """Register the reporter `worst`."""
    register(
        "worst",
        config=WorstConfig,
        target="my_model.reporter:Worst",
        summary="lists the samples with the least scores in worst.txt",
    )
