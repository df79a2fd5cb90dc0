"""Stand-ins for the public names that need pluggy or pydantic, which workers may not have.

A plugin's package may define hooks and configuration beside its model. In a worker they are never
used, so `editgauge.hookimpl`, the bases of configurations, and what else needs the parent's
libraries do nothing there, the same in every environment.
"""

from collections.abc import Callable
from typing import Any

import editgauge


def _hookimpl(function: Callable[..., Any] | None = None, **_options: Any) -> Any:
    return function if function is not None else lambda inner: inner


def _field(*_arguments: Any, **_options: Any) -> None:
    return None


def _run(*_arguments: Any, **_options: Any) -> None:
    raise RuntimeError("editgauge.run was called in a worker; a run is started by its own process")


def _replay(*_arguments: Any, **_options: Any) -> None:
    raise RuntimeError("editgauge.replay was called in a worker; replay in a process of your own")


def _open_model(*_arguments: Any, **_options: Any) -> None:
    raise RuntimeError("a session was opened in a worker; open it in a process of your own")


class ConfigStandIn:
    """Takes the place of a configuration's base class; takes any values, and keeps none."""

    def __init__(self, *_arguments: Any, **_values: Any) -> None:
        """Accept what stands in a class body, like `size: Size = Size(width=8)`."""


class NameStandIn:
    """Takes the place of a class that an annotation may name."""


class ErrorStandIn(Exception):  # noqa: N818 - takes the place of errors, whose names end in it
    """Takes the place of an exception of the parent."""


def _decorate(*_arguments: Any, **_options: Any) -> Callable[[Any], Any]:
    return lambda inner: inner


def install() -> None:
    """Put the stand-ins in place; for workers only."""
    stand_ins: dict[str, Any] = {"hookimpl": _hookimpl, "Field": _field, "run": _run}
    stand_ins["replay"] = _replay
    stand_ins |= dict.fromkeys(("open_edit_model", "open_reward_model"), _open_model)
    stand_ins["SAME_RESULTS"] = None
    stand_ins |= dict.fromkeys(("field_validator", "model_validator"), _decorate)
    stand_ins |= dict.fromkeys(_CONFIGS, ConfigStandIn)
    stand_ins |= dict.fromkeys(_NAMES, NameStandIn)
    stand_ins |= dict.fromkeys(_ERRORS, ErrorStandIn)
    vars(editgauge).update(stand_ins)


_CONFIGS = (
    "ConfigModel",
    "DatasetConfig",
    "EditModelConfig",
    "ReporterConfig",
    "RewardModelConfig",
    "RubricConfig",
    "SecretStr",
    "WorkersConfig",
)

_NAMES = (
    "EditOutcome",
    "EditResult",
    "EditSession",
    "EditedImage",
    "ExitCode",
    "Failure",
    "Register",
    "ReplayResult",
    "RunResult",
    "RunStatus",
    "SampleResult",
    "Score",
    "ScoreOutcome",
    "ScoreResult",
    "ScoreSession",
    "Undelivered",
)

_ERRORS = (
    "ConfigError",
    "PluginError",
    "PreflightError",
    "RubricError",
    "RunDirectoryError",
    "SessionError",
    "WriteError",
)
