"""Reporters as a program gives them: names, names with options, and objects with hooks."""

from collections.abc import Mapping, Sequence
from typing import Any

from editgauge.core.config import ReporterChoice
from editgauge.core.hooks.plugin_manager import PluginManager

GivenReporter = str | tuple[str, Mapping[str, Any]] | object
"""A registered name, a name with options, or an object with observing hooks (`hookimpl`)."""


def named_reporters(reporters: Sequence[GivenReporter]) -> list[ReporterChoice]:
    """Return the reporters that are given by name.

    Raises:
        TypeError: a pair is no name with options.
    """
    choices = []
    for reporter in reporters:
        if isinstance(reporter, str):
            choices.append(ReporterChoice(reporter))
        elif isinstance(reporter, tuple):
            if len(reporter) != 2 or not isinstance(reporter[0], str):
                raise TypeError(f"a reporter with options is (name, options), got {reporter!r}")
            choices.append(ReporterChoice(reporter[0], reporter[1]))
    return choices


def register_objects(
    reporters: Sequence[GivenReporter], plugins: PluginManager
) -> tuple[object, ...]:
    """Register the reporters that are objects, each under a name of its own, and return them.

    Raises:
        PluginError: one has a wrong hook, or is given twice.
        TypeError: one has no hook at all, or is a class.
    """
    objects = tuple(found for found in reporters if not isinstance(found, (str, tuple)))
    for reporter in objects:
        if isinstance(reporter, type):
            given = reporter.__name__
            raise TypeError(f"the reporter {given} is a class; give an instance, {given}()")
        base = name = f"python:{type(reporter).__name__}"
        number = 1
        while name in plugins.plugins:
            number += 1
            name = f"{base}-{number}"
        plugins.register(reporter, name)
        if not plugins.pluggy.get_hookcallers(reporter):
            raise TypeError(
                f"the reporter {reporter!r} should be a name, (name, options), or an object with "
                "at least one method marked by @editgauge.hookimpl: run_event, batch_event, "
                "sample_event or step_event"
            )
    return objects
