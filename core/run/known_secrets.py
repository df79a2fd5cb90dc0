"""Takes every secret that a run knows out of what its own process writes."""

import os
from collections.abc import Iterable

from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.config import ResolvedConfig
from editgauge.core.workers.passed_variables import passed_variables
from editgauge.core.workers.redaction import Redactor, secrets_of_environment


def redactor_of(config: ResolvedConfig) -> Redactor:
    """Return what finds the secrets of a run: of its configuration, and of its workers' variables.

    A secret may stand a second time where none is expected, as in an address or a prompt.
    """
    workers = [config.edit.workers]
    workers += [config.reward.workers] if config.reward is not None else []
    return redactor_for(config.secrets(), workers)


def redactor_for(secrets: Iterable[str], workers: Iterable[WorkersConfig]) -> Redactor:
    """Return what finds these secrets, and those of the variables that workers get."""
    asked_for = [name for settings in workers for name in settings.pass_env]
    environment = passed_variables(os.environ, asked_for)
    return Redactor([*secrets, *secrets_of_environment(environment)])
