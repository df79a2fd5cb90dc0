"""Stand-ins for the public names that need pluggy or pydantic, which workers may not have.

A plugin's package may define hooks and configuration beside its model. In a worker they are never
used, so `editgauge.hookimpl` and the bases of configurations do nothing there, the same in every
environment.
"""

from collections.abc import Callable
from typing import Any

import editgauge


def _hookimpl(function: Callable[..., Any] | None = None, **_options: Any) -> Any:
    return function if function is not None else lambda inner: inner


def _field(*_arguments: Any, **_options: Any) -> None:
    return None


class ConfigStandIn:
    """Takes the place of a configuration's base class."""


def install() -> None:
    """Put the stand-ins in place; for workers only."""
    stand_ins: dict[str, Any] = {"hookimpl": _hookimpl, "Field": _field}
    for name in (
        "ConfigModel",
        "DatasetConfig",
        "EditModelConfig",
        "ReporterConfig",
        "RewardModelConfig",
    ):
        stand_ins[name] = ConfigStandIn
    vars(editgauge).update(stand_ins)
