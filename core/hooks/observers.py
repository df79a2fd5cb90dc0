"""Which plugins observe a run, and by which functions: for whoever calls the observing hooks."""

import inspect
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from editgauge.core.hooks.events import Event, Scope
from editgauge.core.hooks.plugin_manager import REPORTER_PREFIX, PluginManager
from editgauge.core.text import shorten

_ERROR_LENGTH = 1000

HOOKS: dict[Scope, str] = {
    "run": "run_event",
    "batch": "batch_event",
    "sample": "sample_event",
    "step": "step_event",
}
"""The observing hook of each scope."""

Implementation = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Observer:
    """A plugin that observes.

    Attributes:
        name: its registered name; a reporter's without the prefix.
        plugin: the object.
        implementations: by scope, what is called with each event.
    """

    name: str
    plugin: object
    implementations: dict[Scope, list[Implementation]]


def observers(plugins: PluginManager) -> Iterator[Observer]:
    """Yield every registered plugin that has an observing hook."""
    manager = plugins.pluggy
    for name, plugin in manager.list_name_plugin():
        if plugin is None:
            continue
        implementations: dict[Scope, list[Implementation]] = {}
        for scope, hook in HOOKS.items():
            for implementation in getattr(manager.hook, hook).get_hookimpls():
                if implementation.plugin is plugin:
                    implementations.setdefault(scope, []).append(_caller(implementation))
        if implementations:
            yield Observer(name.removeprefix(REPORTER_PREFIX), plugin, implementations)


def _caller(implementation: Any) -> Implementation:
    function: Callable[..., Any] = implementation.function
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return _refuse
    return function if implementation.argnames else lambda _event: function()


def _refuse(_event: Event) -> None:
    raise TypeError(
        "an observing hook is a plain function; a generator, a wrapper or an async function "
        "would never be run"
    )


def error_in_a_line(error: BaseException) -> str:
    """Return type, message and place of what a reporter raised, in a line of limited length.

    An error of the system is told in its words, and with the file if it has one.
    """
    try:
        message = str(error)
    except Exception as another:  # noqa: BLE001 - __str__ is the reporter's code, too
        message = f"(its message cannot be shown: {type(another).__name__})"
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename}, line {place.lineno}"
    if isinstance(error, OSError) and error.strerror:
        words = _words_of(error)
        return shorten(f"{words} ({type(error).__name__}, {where})", _ERROR_LENGTH)
    return shorten(f"{type(error).__name__}: {' '.join(message.split())} ({where})", _ERROR_LENGTH)


def _words_of(error: OSError) -> str:
    words = " ".join(str(error.strerror).split())
    if isinstance(error, BrokenPipeError):
        words += ": whoever read what it writes has left"
    return words if error.filename is None else f"{words}: {error.filename}"
