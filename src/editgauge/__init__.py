"""editgauge runs and judges image-editing models.

What is in `__all__`, here and in the modules `events`, `model_files` and `testing`, is the public
API: documented in `docs/api.md`, listed in `docs/api.txt`, and stable within a major version of
`API_VERSION`. Everything else is private and may change.

Every public name is imported when it is first used, so `import editgauge` is cheap and works in
worker environments that have neither pluggy nor pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import Field, SecretStr, field_validator, model_validator

    from editgauge import events, model_files
    from editgauge import testing as testing
    from editgauge.config_schemas.base import SAME_RESULTS, ConfigModel
    from editgauge.config_schemas.datasets import DatasetConfig
    from editgauge.config_schemas.models import EditModelConfig, RewardModelConfig
    from editgauge.config_schemas.reporters import ReporterConfig
    from editgauge.config_schemas.rubrics import RubricConfig
    from editgauge.config_schemas.workers import WorkersConfig
    from editgauge.core.config import ConfigError
    from editgauge.core.datasets import BadRow, Dataset, DatasetError, Selection
    from editgauge.core.hooks.api_version import API_VERSION
    from editgauge.core.hooks.bus import Failure, Undelivered
    from editgauge.core.hooks.hookspecs import Register, hookimpl
    from editgauge.core.hooks.plugin_manager import PluginError
    from editgauge.core.hooks.recording import RecordingError
    from editgauge.core.hooks.reporting import (
        Closing,
        EndingUnfinished,
        Producing,
        Reporter,
        ReporterContext,
        Ticking,
    )
    from editgauge.core.images import ImageError, load_image, store_image
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
    from editgauge.core.outcomes import EditOutcome, ExitCode, RunStatus, ScoreOutcome
    from editgauge.core.replay.api import replay
    from editgauge.core.replay.player import ReplayResult
    from editgauge.core.run.api import run
    from editgauge.core.run.preflight import PreflightError
    from editgauge.core.run.result import RunResult, SampleResult
    from editgauge.core.run.results import EditResult, ScoreResult
    from editgauge.core.run.store import RunDirectoryError, WriteError
    from editgauge.core.samples import Sample, safe_name
    from editgauge.core.sessions.api import open_edit_model, open_reward_model
    from editgauge.core.sessions.edit_session import EditSession
    from editgauge.core.sessions.errors import SessionError
    from editgauge.core.sessions.results import EditedImage, Score
    from editgauge.core.sessions.score_session import ScoreSession
    from editgauge.core.text import clean

__version__ = "0.1.0"

_MODULES = ("events", "model_files", "testing")
"""Public modules: `from editgauge import events`."""

_HOME = {
    "API_VERSION": "editgauge.core.hooks.api_version",
    "BadRow": "editgauge.core.datasets",
    "Closing": "editgauge.core.hooks.reporting",
    "Config": "editgauge.core.models",
    "ConfigError": "editgauge.core.config",
    "ConfigModel": "editgauge.config_schemas.base",
    "Dataset": "editgauge.core.datasets",
    "DatasetConfig": "editgauge.config_schemas.datasets",
    "DatasetError": "editgauge.core.datasets",
    "EditModel": "editgauge.core.models",
    "EditModelConfig": "editgauge.config_schemas.models",
    "EditOutcome": "editgauge.core.outcomes",
    "EditRequest": "editgauge.core.models",
    "EditResult": "editgauge.core.run.results",
    "EditSession": "editgauge.core.sessions.edit_session",
    "EditedImage": "editgauge.core.sessions.results",
    "EndingUnfinished": "editgauge.core.hooks.reporting",
    "ExitCode": "editgauge.core.outcomes",
    "Failure": "editgauge.core.hooks.bus",
    "Field": "pydantic",
    "ImageError": "editgauge.core.images",
    "OnReply": "editgauge.core.models",
    "OnStep": "editgauge.core.models",
    "PluginError": "editgauge.core.hooks.plugin_manager",
    "PreflightError": "editgauge.core.run.preflight",
    "Producing": "editgauge.core.hooks.reporting",
    "RecordingError": "editgauge.core.hooks.recording",
    "Register": "editgauge.core.hooks.hookspecs",
    "ReplayResult": "editgauge.core.replay.player",
    "Reply": "editgauge.core.models",
    "Reporter": "editgauge.core.hooks.reporting",
    "ReporterConfig": "editgauge.config_schemas.reporters",
    "ReporterContext": "editgauge.core.hooks.reporting",
    "RewardModel": "editgauge.core.models",
    "RewardModelConfig": "editgauge.config_schemas.models",
    "RubricConfig": "editgauge.config_schemas.rubrics",
    "RubricError": "editgauge.core.judging.rubrics",
    "RunDirectoryError": "editgauge.core.run.store",
    "RunResult": "editgauge.core.run.result",
    "RunStatus": "editgauge.core.outcomes",
    "SAME_RESULTS": "editgauge.config_schemas.base",
    "Sample": "editgauge.core.samples",
    "SampleResult": "editgauge.core.run.result",
    "Score": "editgauge.core.sessions.results",
    "ScoreOutcome": "editgauge.core.outcomes",
    "ScoreRequest": "editgauge.core.models",
    "ScoreResult": "editgauge.core.run.results",
    "ScoreSession": "editgauge.core.sessions.score_session",
    "SecretStr": "pydantic",
    "Selection": "editgauge.core.datasets",
    "SessionError": "editgauge.core.sessions.errors",
    "Ticking": "editgauge.core.hooks.reporting",
    "Undelivered": "editgauge.core.hooks.bus",
    "WorkersConfig": "editgauge.config_schemas.workers",
    "WriteError": "editgauge.core.run.store",
    "clean": "editgauge.core.text",
    "field_validator": "pydantic",
    "hookimpl": "editgauge.core.hooks.hookspecs",
    "load_image": "editgauge.core.images",
    "model_validator": "pydantic",
    "open_edit_model": "editgauge.core.sessions.api",
    "open_reward_model": "editgauge.core.sessions.api",
    "replay": "editgauge.core.replay.api",
    "run": "editgauge.core.run.api",
    "safe_name": "editgauge.core.samples",
    "store_image": "editgauge.core.images",
}

__all__ = [
    "API_VERSION",
    "SAME_RESULTS",
    "BadRow",
    "Closing",
    "Config",
    "ConfigError",
    "ConfigModel",
    "Dataset",
    "DatasetConfig",
    "DatasetError",
    "EditModel",
    "EditModelConfig",
    "EditOutcome",
    "EditRequest",
    "EditResult",
    "EditSession",
    "EditedImage",
    "EndingUnfinished",
    "ExitCode",
    "Failure",
    "Field",
    "ImageError",
    "OnReply",
    "OnStep",
    "PluginError",
    "PreflightError",
    "Producing",
    "RecordingError",
    "Register",
    "ReplayResult",
    "Reply",
    "Reporter",
    "ReporterConfig",
    "ReporterContext",
    "RewardModel",
    "RewardModelConfig",
    "RubricConfig",
    "RubricError",
    "RunDirectoryError",
    "RunResult",
    "RunStatus",
    "Sample",
    "SampleResult",
    "Score",
    "ScoreOutcome",
    "ScoreRequest",
    "ScoreResult",
    "ScoreSession",
    "SecretStr",
    "Selection",
    "SessionError",
    "Ticking",
    "Undelivered",
    "WorkersConfig",
    "WriteError",
    "__version__",
    "clean",
    "events",
    "field_validator",
    "hookimpl",
    "load_image",
    "model_files",
    "model_validator",
    "open_edit_model",
    "open_reward_model",
    "replay",
    "run",
    "safe_name",
    "store_image",
]


if not TYPE_CHECKING:
    # Hidden from type checkers, which would take any name for one that there is.

    def __getattr__(name: str) -> Any:
        if name in _MODULES:
            return importlib.import_module(f"editgauge.{name}")
        if name not in _HOME:
            raise AttributeError(f"module 'editgauge' has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
