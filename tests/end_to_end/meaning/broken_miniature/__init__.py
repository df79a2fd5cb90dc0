"""A plugin: the miniature with faults planted in its workers, at the samples that are named."""

from typing import Literal

from editgauge import Field, Register, hookimpl
from editgauge.config_schemas.miniature import MiniatureQwen3VLConfig, MiniatureQwenEditConfig


class BrokenEditConfig(MiniatureQwenEditConfig):
    """The miniature editor's, with faults."""

    type: Literal["broken-qwen-edit"]  # type: ignore[assignment]
    """Registered name of the edit model."""

    faults: dict[str, str] = Field(default={})
    """Fault of each sample that has one: `unguided` or `source`."""


class BrokenJudgeConfig(MiniatureQwen3VLConfig):
    """The miniature judge's; samples called `swapped` or `padded` have that fault."""

    type: Literal["broken-qwen3-vl"]  # type: ignore[assignment]
    """Registered name of the reward model."""


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the editor by name, so that nothing of it is imported here."""
    register(
        "broken-qwen-edit",
        config=BrokenEditConfig,
        target="broken_miniature.models:BrokenEditor",
        summary="the miniature editor with faults",
    )


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the judge by name, so that nothing of it is imported here."""
    register(
        "broken-qwen3-vl",
        config=BrokenJudgeConfig,
        target="broken_miniature.models:BrokenJudge",
        summary="the miniature judge with faults",
    )
