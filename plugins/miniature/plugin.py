"""Registers the miniature models and the command `demo`."""

from editgauge import hookimpl
from editgauge.core.hooks.hookspecs import Register


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "miniature-qwen-edit",
        config="editgauge.config_schemas.miniature:MiniatureQwenEditConfig",
        target="editgauge.plugins.miniature.model:MiniatureQwenImageEdit",
        summary="the real pipeline with tiny weights, for trials and tests",
    )


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the judge by name, so that nothing of it is imported here."""
    register(
        "miniature-qwen3-vl",
        config="editgauge.config_schemas.miniature:MiniatureQwen3VLConfig",
        target="editgauge.plugins.miniature.judge:MiniatureQwen3VLJudge",
        summary="the real judge with tiny weights, for trials and tests",
    )


@hookimpl
def register_commands(register: Register) -> None:
    """Register the command by name, so that nothing of it is imported here."""
    register(
        "demo",
        target="editgauge.plugins.miniature.demo:demo",
        summary="See it work: miniature models on ten photographs.",
    )
