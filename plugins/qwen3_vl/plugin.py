"""Registers the reward model `qwen3-vl`."""

from editgauge import hookimpl
from editgauge.core.hooks.hookspecs import Register


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "qwen3-vl",
        config="editgauge.config_schemas.qwen3_vl:Qwen3VLConfig",
        target="editgauge.plugins.qwen3_vl.model:Qwen3VLJudge",
        summary="Qwen3-VL as a judge, dense or mixture of experts, with transformers",
    )
