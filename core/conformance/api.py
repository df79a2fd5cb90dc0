"""`check_edit_model`, `check_reward_model`, `check_dataset`, `check_reporter`."""

import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from editgauge.core.conformance.checks import (
    SILENT,
    Check,
    CheckResult,
    Checks,
    ConformanceError,
    ConformanceReport,
    Progress,
    refuse_unknown,
    try_checks,
)
from editgauge.core.conformance.datasets import DATASET_CHECKS, DatasetTrial
from editgauge.core.conformance.edit_models import EDIT_CHECKS, EditTrial
from editgauge.core.conformance.hook_checks import hook_problems
from editgauge.core.conformance.model_trials import INSTRUCTION, ModelTrial
from editgauge.core.conformance.parts import Part, find_part
from editgauge.core.conformance.registration_checks import FIRST
from editgauge.core.conformance.reporter_process import PLAY_SECONDS, try_reporter
from editgauge.core.conformance.reporters import REPORTER_CHECKS
from editgauge.core.conformance.reward_models import REWARD_CHECKS, RewardTrial
from editgauge.core.hooks.given_plugins import Plugin, load_with
from editgauge.core.hooks.plugin_manager import Kind, PluginError, PluginManager

_Model = TypeVar("_Model", bound=ModelTrial)

EDIT_TOLERANCE = 0.0
"""Greatest difference of a channel's value, 0 to 255, between pictures that should be the same."""
SCORE_TOLERANCE = 0.01
"""Difference, in units of the score, between scores that should be the same."""
ROWS = 200
"""Rows of a dataset that are read."""


def check_edit_model(
    config: Mapping[str, Any],
    *,
    plugins: Sequence[Plugin] = (),
    skip: Collection[str] = (),
    instruction: str = INSTRUCTION,
    tolerance: float = EDIT_TOLERANCE,
) -> ConformanceReport:
    """Try an edit model in real workers, as a run would use it.

    Args:
        config: the section `edit` of a run: `type`, `workers` and the model's own keys.
        plugins: what registers it, if it is not installed: modules, other objects with hooks, or
            paths of plugin files.
        skip: names of checks that are left out.
        instruction: something that the model can do.
        tolerance: see `EDIT_TOLERANCE`; more than 0 for devices that do not compute alike twice.

    Returns:
        What came of each check, if there was no finding.

    Raises:
        ConformanceError: there are findings; its text lists all of them.
        ConfigError: the configuration is wrong.
        ValueError: `skip` names a check that there is not.
    """
    options = {"instruction": instruction, "tolerance": tolerance}
    return _without_findings("edit model", config, plugins, skip, options)


def check_reward_model(
    config: Mapping[str, Any],
    *,
    plugins: Sequence[Plugin] = (),
    skip: Collection[str] = (),
    instruction: str = INSTRUCTION,
    tolerance: float = SCORE_TOLERANCE,
) -> ConformanceReport:
    """Try a reward model in real workers, as a run would use it.

    Args:
        config: the section `reward` of a run: `type`, `workers`, the rubric and its own keys.
        plugins: what registers it, if it is not installed: modules, other objects with hooks, or
            paths of plugin files.
        skip: names of checks that are left out.
        instruction: what the judge is told that was asked for.
        tolerance: see `SCORE_TOLERANCE`.

    Returns:
        What came of each check, if there was no finding.

    Raises:
        ConformanceError: there are findings; its text lists all of them.
        ConfigError: the configuration is wrong.
        ValueError: `skip` names a check that there is not.
    """
    options = {"instruction": instruction, "tolerance": tolerance}
    return _without_findings("reward model", config, plugins, skip, options)


def check_dataset(
    config: Mapping[str, Any],
    *,
    plugins: Sequence[Plugin] = (),
    skip: Collection[str] = (),
    rows: int = ROWS,
) -> ConformanceReport:
    """Try a dataset, in this process as in a run.

    Args:
        config: the section `dataset` of a run: `type` and its own keys. What it names is there.
        plugins: what registers it, if it is not installed: modules, other objects with hooks, or
            paths of plugin files.
        skip: names of checks that are left out.
        rows: rows that are read at most.

    Returns:
        What came of each check, if there was no finding.

    Raises:
        ConformanceError: there are findings; its text lists all of them.
        ConfigError: the configuration is wrong.
        ValueError: `skip` names a check that there is not.
    """
    return _without_findings("dataset", config, plugins, skip, {"rows": rows})


def check_reporter(
    config: Mapping[str, Any],
    *,
    plugins: Sequence[Plugin] = (),
    skip: Collection[str] = (),
    seconds: float = PLAY_SECONDS,
) -> ConformanceReport:
    """Try a reporter with the events of made-up runs, in a process of its own.

    Args:
        config: `type` with its registered name, and its options.
        plugins: what registers it, if it is not installed: modules, other objects with hooks, or
            paths of plugin files.
        skip: names of checks that are left out.
        seconds: time that the events of one run may take.

    Returns:
        What came of each check, if there was no finding.

    Raises:
        ConformanceError: there are findings; its text lists all of them.
        ConfigError: the configuration is wrong.
        ValueError: `skip` names a check that there is not.
    """
    return _without_findings("reporter", config, plugins, skip, {"seconds": seconds})


def _without_findings(
    kind: Kind,
    config: Mapping[str, Any],
    plugins: Sequence[Plugin],
    skip: Collection[str],
    options: Mapping[str, Any],
) -> ConformanceReport:
    report = examine(kind, config, plugins=plugins, skip=skip, **options)
    if report.findings:
        raise ConformanceError(report)
    return report


def checks_of(kind: Kind) -> tuple[Check, ...]:
    """Return the checks of a kind, in the order in which they are tried."""
    if kind == "edit model":
        return EDIT_CHECKS.described()
    if kind == "reward model":
        return REWARD_CHECKS.described()
    if kind == "dataset":
        return DATASET_CHECKS.described()
    return (*FIRST.described(), *REPORTER_CHECKS.described())


def examine(
    kind: Kind,
    config: Mapping[str, Any],
    *,
    plugins: Sequence[Plugin] | PluginManager = (),
    skip: Collection[str] = (),
    progress: Progress = SILENT,
    **options: Any,
) -> ConformanceReport:
    """Return what came of all checks of a part of a plugin, findings or not.

    Args:
        kind: its kind.
        config: `type` and its keys.
        plugins: plugins that are not installed; or all plugins.
        skip: names of checks that are left out.
        progress: is told how far it is.
        options: `instruction`, `tolerance`, `rows` or `seconds`, as the functions above have them.

    Raises:
        ConfigError: the configuration is wrong.
        ValueError: `skip` names a check that there is not.
    """
    refuse_unknown(skip, checks_of(kind))
    try:
        manager = plugins if isinstance(plugins, PluginManager) else load_with(plugins)
    except PluginError as error:
        return broken(kind, str(config.get("type", "")), str(error))
    part = find_part(kind, config, manager)
    results = _try(part, skip, progress, options)
    return ConformanceReport(kind=kind, name=part.registration.name, results=results)


def examine_hooks(name: str, plugin: object) -> ConformanceReport:
    """Return what is wrong with the hooks of a plugin that registers nothing that can be tried.

    Args:
        name: the plugin's name.
        plugin: the plugin's object.
    """
    hooks = FIRST.described()[0]
    messages = tuple(hook_problems(plugin))
    result = CheckResult(check=hooks, state="failed" if messages else "passed", messages=messages)
    return ConformanceReport(kind="reporter", name=name, results=(result,))


def broken(kind: Kind, name: str, error: str) -> ConformanceReport:
    """Return the report of a plugin that cannot even be registered."""
    first, *others = checks_of(kind)
    results = [CheckResult(check=first, state="failed", messages=(error,))]
    why = "the plugin cannot be registered"
    results += [CheckResult(check=check, state="skipped", why_skipped=why) for check in others]
    return ConformanceReport(kind=kind, name=name, results=tuple(results))


def _try(
    part: Part, skip: Collection[str], progress: Progress, options: Mapping[str, Any]
) -> tuple[CheckResult, ...]:
    with tempfile.TemporaryDirectory(prefix="editgauge-check-") as name:
        folder = Path(name)
        if part.kind == "dataset":
            trial = DatasetTrial(part, folder, limit=int(options.get("rows", ROWS)))
            return try_checks(DATASET_CHECKS, trial, skip=skip, progress=progress)
        if part.kind == "reporter":
            first = try_checks(FIRST, _OnlyPart(part), skip=skip, progress=progress)
            seconds = float(options.get("seconds", PLAY_SECONDS))
            return first + try_reporter(part, skip=skip, progress=progress, seconds=seconds)
        instruction = str(options.get("instruction", INSTRUCTION))
        if part.kind == "edit model":
            tolerance = float(options.get("tolerance", EDIT_TOLERANCE))
            edits = EditTrial(part, folder, instruction=instruction, tolerance=tolerance)
            return _try_model(EDIT_CHECKS, edits, skip, progress)
        tolerance = float(options.get("tolerance", SCORE_TOLERANCE))
        scores = RewardTrial(part, folder, instruction=instruction, tolerance=tolerance)
        return _try_model(REWARD_CHECKS, scores, skip, progress)


def _try_model(
    checks: Checks[_Model], trial: _Model, skip: Collection[str], progress: Progress
) -> tuple[CheckResult, ...]:
    try:
        return try_checks(checks, trial, skip=skip, progress=progress)
    finally:
        trial.close()


class _OnlyPart:
    """What the first checks of a reporter need."""

    def __init__(self, part: Part) -> None:
        self.part = part
