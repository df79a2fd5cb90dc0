"""Which reporters a replay is for, and how fast it is."""

import math
from collections.abc import Sequence
from typing import Any

from editgauge.config_schemas.run import Progress
from editgauge.core.config import (
    ChosenReporter,
    ConfigError,
    Override,
    Problem,
    ReporterChoice,
    layers,
)
from editgauge.core.config.reporter_choice import NO_CHANGES, ReporterChanges, choose_reporters
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.surroundings import Surroundings


def choose(
    choices: Sequence[ReporterChoice] | None,
    plugins: PluginManager,
    *,
    surroundings: Surroundings,
    progress: Progress = "auto",
    changes: ReporterChanges = NO_CHANGES,
    overrides: Sequence[str] = (),
) -> tuple[ChosenReporter, ...]:
    """Return the reporters that are asked for, else what a run would show in this terminal.

    Args:
        choices: exactly these, if given.
        plugins: where reporters are registered.
        surroundings: what stderr is.
        progress: what the terminal shows, unless there are choices.
        changes: what the command line changes, apart from `choices`.
        overrides: options of reporters, `reporters.NAME.KEY=VALUE` each.

    Raises:
        ConfigError: a reporter is not known, or its options are wrong.
    """
    data: dict[str, Any] = {"reporters": {}}
    problems = []
    for override in map(Override.parse, overrides):
        if not override.path.startswith("reporters."):
            message = "a replay has options of reporters only, as in 'reporters.tqdm.detail=full'."
            problems.append(Problem(override.path, message))
        else:
            problems += layers.apply_overrides(data, [override])
    chosen, wrong = choose_reporters(
        plugins=plugins,
        configured=data["reporters"],
        progress=progress,
        choices=choices,
        surroundings=surroundings,
        changes=changes,
    )
    if problems or wrong:
        raise ConfigError("command line", [*problems, *wrong])
    return chosen


def check_speed(speed: float | None) -> None:
    """Check that a speed is one.

    Raises:
        ConfigError: it is not.
    """
    if speed is not None and not (math.isfinite(speed) and speed > 0):
        message = f"should be a number above 0, or left out for no waiting, got {speed!r}."
        raise ConfigError("replay", [Problem("speed", message)])
