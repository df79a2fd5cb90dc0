"""Configuration of the edit model `pillow`."""

from typing import Literal

from editgauge.config_schemas.models import EditModelConfig


class PillowEditConfig(EditModelConfig):
    """Configuration of the edit model `pillow`: nothing but where it runs."""

    type: Literal["pillow"]
    """Registered name of the edit model."""
