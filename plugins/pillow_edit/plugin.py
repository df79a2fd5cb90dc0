"""Registers the edit model `pillow`."""

from editgauge import Register, hookimpl


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "pillow",
        config="editgauge.config_schemas.pillow_edit:PillowEditConfig",
        target="editgauge.plugins.pillow_edit.model:PillowEdit",
        summary="a handful of plain instructions, done exactly and without weights",
    )
