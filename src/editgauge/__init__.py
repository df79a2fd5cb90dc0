"""editgauge runs and judges image-editing models.

Every public name is imported when it is first used, so `import editgauge` is cheap and works in
worker environments that have neither pluggy nor pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import Field

    from editgauge.config_schemas.base import SAME_RESULTS, ConfigModel
    from editgauge.config_schemas.datasets import DatasetConfig
    from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
    from editgauge.config_schemas.reporters import ReporterConfig
    from editgauge.config_schemas.rubrics import RubricConfig
    from editgauge.core.config import ConfigError
    from editgauge.core.datasets import BadRow, Dataset, DatasetError, Selection
    from editgauge.core.hooks import events
    from editgauge.core.hooks.hookspecs import Register, hookimpl
    from editgauge.core.hooks.plugin_manager import PluginError
    from editgauge.core.hooks.recording import RecordingError
    from editgauge.core.hooks.reporting import ReporterContext
    from editgauge.core.images import ImageError, store_image
    from editgauge.core.judging.rubrics import RubricError
    from editgauge.core.models import (
        Config,
        EditModel,
        EditRequest,
        OnReply,
        OnStep,
        Reply,
        RewardModel,
        ScoreRequest,
    )
    from editgauge.core.replay.api import replay
    from editgauge.core.replay.player import ReplayResult
    from editgauge.core.run.api import run
    from editgauge.core.run.preflight import PreflightError
    from editgauge.core.run.result import RunResult
    from editgauge.core.run.store import RunDirectoryError, WriteError
    from editgauge.core.samples import Sample, safe_name

__version__ = "0.1.0"

_HOME = {
    "SAME_RESULTS": "editgauge.config_schemas.base",
    "BadRow": "editgauge.core.datasets",
    "Config": "editgauge.core.models",
    "ConfigError": "editgauge.core.config",
    "ConfigModel": "editgauge.config_schemas.base",
    "Dataset": "editgauge.core.datasets",
    "DatasetConfig": "editgauge.config_schemas.datasets",
    "DatasetError": "editgauge.core.datasets",
    "EditModel": "editgauge.core.models",
    "EditModelConfig": "editgauge.config_schemas.models",
    "EditRequest": "editgauge.core.models",
    "Field": "pydantic",
    "ImageError": "editgauge.core.images",
    "OnReply": "editgauge.core.models",
    "OnStep": "editgauge.core.models",
    "PluginError": "editgauge.core.hooks.plugin_manager",
    "PreflightError": "editgauge.core.run.preflight",
    "RecordingError": "editgauge.core.hooks.recording",
    "Register": "editgauge.core.hooks.hookspecs",
    "ReplayResult": "editgauge.core.replay.player",
    "Reply": "editgauge.core.models",
    "ReporterConfig": "editgauge.config_schemas.reporters",
    "ReporterContext": "editgauge.core.hooks.reporting",
    "RewardModel": "editgauge.core.models",
    "RewardModelConfig": "editgauge.config_schemas.models",
    "RubricConfig": "editgauge.config_schemas.rubrics",
    "RubricError": "editgauge.core.judging.rubrics",
    "RunDirectoryError": "editgauge.core.run.store",
    "RunResult": "editgauge.core.run.result",
    "Sample": "editgauge.core.samples",
    "ScoreRequest": "editgauge.core.models",
    "Selection": "editgauge.core.datasets",
    "WriteError": "editgauge.core.run.store",
    "hookimpl": "editgauge.core.hooks.hookspecs",
    "replay": "editgauge.core.replay.api",
    "run": "editgauge.core.run.api",
    "safe_name": "editgauge.core.samples",
    "store_image": "editgauge.core.images",
}

__all__ = [
    "SAME_RESULTS",
    "BadRow",
    "Config",
    "ConfigError",
    "ConfigModel",
    "Dataset",
    "DatasetConfig",
    "DatasetError",
    "EditModel",
    "EditModelConfig",
    "EditRequest",
    "Field",
    "ImageError",
    "OnReply",
    "OnStep",
    "PluginError",
    "PreflightError",
    "RecordingError",
    "Register",
    "ReplayResult",
    "Reply",
    "ReporterConfig",
    "ReporterContext",
    "RewardModel",
    "RewardModelConfig",
    "RubricConfig",
    "RubricError",
    "RunDirectoryError",
    "RunResult",
    "Sample",
    "ScoreRequest",
    "Selection",
    "WriteError",
    "__version__",
    "events",
    "hookimpl",
    "replay",
    "run",
    "safe_name",
    "store_image",
]


def __getattr__(name: str) -> Any:
    if name == "events":
        return importlib.import_module("editgauge.core.hooks.events")
    if name not in _HOME:
        raise AttributeError(f"module 'editgauge' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
