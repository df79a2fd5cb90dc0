"""Registers the edit model `diffusers`."""

from editgauge import Register, hookimpl


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "diffusers",
        config="editgauge.config_schemas.diffusers_edit:DiffusersEditConfig",
        target="editgauge.plugins.diffusers_edit.model:DiffusersEdit",
        summary="any instruction-editing pipeline of diffusers, by the name of its class",
    )
