"""Registers the edit model `identity`."""

from editgauge import Register, hookimpl


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "identity",
        config="editgauge.config_schemas.identity:IdentityConfig",
        target="editgauge.plugins.identity.model:Identity",
        summary="returns the source image: the floor that every benchmark should show",
    )
