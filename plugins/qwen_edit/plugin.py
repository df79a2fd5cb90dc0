"""Registers the edit model `qwen-image-edit`."""

from editgauge import hookimpl
from editgauge.core.hooks.hookspecs import Register


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "qwen-image-edit",
        config="editgauge.config_schemas.qwen_edit:QwenEditConfig",
        target="editgauge.plugins.qwen_edit.model:QwenImageEdit",
        summary="Qwen-Image-Edit, -2509 and -2511 with diffusers",
    )
