"""Registers the edit model `flux-kontext`."""

from editgauge import Register, hookimpl


@hookimpl
def register_edit_models(register: Register) -> None:
    """Register the model by name, so that nothing of it is imported here."""
    register(
        "flux-kontext",
        config="editgauge.config_schemas.flux_kontext:FluxKontextConfig",
        target="editgauge.plugins.flux_kontext.model:FluxKontext",
        summary="FLUX.1 Kontext with diffusers",
    )
