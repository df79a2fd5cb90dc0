"""Bases of the configuration of edit and reward models; plugins inherit from them."""

from typing import Annotated, Literal

from pydantic import Field

from editgauge.config_schemas.base import SAME_RESULTS, ConfigModel, Name, PositiveInt
from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.config_schemas.workers import WorkersConfig


class EditModelConfig(ConfigModel):
    """Base of every edit model's configuration."""

    type: Name
    """Registered name of the edit model."""

    workers: Annotated[WorkersConfig, SAME_RESULTS] = WorkersConfig()
    """Where the model runs."""

    def check_workers(self, number: int) -> None:
        """Check what depends on how many workers there are; with `devices: auto` only they know.

        Called before the first stage.

        Args:
            number: how many workers will host this model.

        Raises:
            ValueError: the configuration does not go with so many.
        """


class RewardModelConfig(ConfigModel):
    """Base of every reward model's configuration."""

    type: Name
    """Registered name of the reward model."""

    workers: Annotated[WorkersConfig, SAME_RESULTS] = WorkersConfig()
    """Where the model runs."""

    batch_size: Annotated[PositiveInt, SAME_RESULTS] = 1
    """Samples handed to the model in one request."""

    score_by: Literal["text", "logprobs"] = "text"
    """`text`: the reply is parsed; `logprobs`: expected value over answer labels, read from the
    log-probabilities in one forward pass. The two are different measures."""

    judge_images: Literal["both", "edited"] = "both"
    """What the judge sees: source and edited image in the rubric's order, or the edited one."""

    rubric: Name | RubricConfig = "general"
    """What is judged: a built-in rubric by name, a YAML file by path, or a rubric written here.
    `re-edit` takes the built-in rubric of the sample's RE-Edit subset."""

    rubrics: dict[str, Name | RubricConfig] = Field(default={})
    """Rubrics by category, instead of `rubric`."""

    def check_workers(self, number: int) -> None:
        """Check what depends on how many workers there are; with `devices: auto` only they know.

        Called before the first stage.

        Args:
            number: how many workers will host this model.

        Raises:
            ValueError: the configuration does not go with so many.
        """
