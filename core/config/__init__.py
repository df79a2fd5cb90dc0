"""Reads a run's configuration: layers merged, every section checked, all problems at once."""

from editgauge.core.config.layers import PROFILE_VARIABLE, Override
from editgauge.core.config.models import config_models
from editgauge.core.config.problems import ConfigError, Problem
from editgauge.core.config.reporter_choice import ChosenReporter, ReporterChanges, ReporterChoice
from editgauge.core.config.resolve import ResolvedConfig, load_config
from editgauge.core.config.revealed import plain_with_secrets

__all__ = [
    "PROFILE_VARIABLE",
    "ChosenReporter",
    "ConfigError",
    "Override",
    "Problem",
    "ReporterChanges",
    "ReporterChoice",
    "ResolvedConfig",
    "config_models",
    "load_config",
    "plain_with_secrets",
]
