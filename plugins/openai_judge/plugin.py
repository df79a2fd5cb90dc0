"""Registers the reward model `openai`."""

from editgauge import Register, hookimpl


@hookimpl
def register_reward_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "openai",
        config="editgauge.config_schemas.openai_judge:OpenAIJudgeConfig",
        target="editgauge.plugins.openai_judge.model:OpenAIJudge",
        summary="a judge behind any OpenAI-compatible server: vLLM, SGLang, transformers serve",
    )
