"""Configuration of the built-in reporters, and the base for others."""

from editgauge.config_schemas.base import ConfigModel


class ReporterConfig(ConfigModel):
    """Base of every reporter's configuration."""
