"""Configuration of the edit model `identity`."""

from typing import Literal

from editgauge.config_schemas.models import EditModelConfig


class IdentityConfig(EditModelConfig):
    """Configuration of the edit model `identity`: nothing but where it runs."""

    type: Literal["identity"]
    """Registered name of the edit model."""
