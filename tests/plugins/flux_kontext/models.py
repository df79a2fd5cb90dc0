"""Loads a tiny FLUX.1 Kontext in this process, with one CPU thread."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge.config_schemas.flux_kontext import FluxKontextConfig
from editgauge.core.models import Config, make_config

if TYPE_CHECKING:
    from editgauge.plugins.flux_kontext.model import FluxKontext

SMALL: dict[str, Any] = {"steps": 3, "max_area": 64 * 64, "preferred_resolutions": False}
"""Few steps and few pixels; the published shapes have a megapixel."""


def flux_config(folder: Path | str, **options: Any) -> Config:
    """The configuration as a worker gets it."""
    config = FluxKontextConfig.model_validate(
        {"type": "flux-kontext", "model": str(folder), **SMALL, **options}
    )
    plain: Config = make_config(config.model_dump(mode="json"))
    return plain


def load_flux(folder: Path | str, **options: Any) -> "FluxKontext":
    import torch

    from editgauge.plugins.flux_kontext.model import FluxKontext

    torch.set_num_threads(1)
    model = FluxKontext()
    model.load(flux_config(folder, **options), "cpu")
    return model
