"""Hooks as they are written: names, marks, arguments and the types of their events."""

import ast
import difflib
import inspect
import textwrap
import typing
from collections.abc import Iterator
from typing import Any

import pluggy

from editgauge.core.hooks import events, hookspecs
from editgauge.core.hooks.events import BatchEvent, Event, RunEvent, SampleEvent, StepEvent
from editgauge.core.hooks.reporting import Reporter
from editgauge.core.text import nearest

OBSERVING: dict[str, type[Event]] = {
    "run_event": RunEvent,
    "batch_event": BatchEvent,
    "sample_event": SampleEvent,
    "step_event": StepEvent,
}
"""The observing hooks, each with the type of its events."""
REGISTERING = tuple(name for name in vars(hookspecs) if name.startswith("register_"))
_ALIKE = 0.85
"""How alike a name has to be to a hook's to be a slip of it, from 0 to 1."""
_HOOKS = (*OBSERVING, *REGISTERING)


def hook_problems(plugin: object) -> Iterator[str]:
    """Yield what is wrong with the hooks of a plugin or a reporter.

    Args:
        plugin: the object: a module, or an instance.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT_NAME)
    for name in dir(plugin):
        function = inspect.getattr_static(plugin, name)
        function = getattr(function, "__func__", function)
        if not inspect.isfunction(function):
            continue
        if manager.parse_hookimpl_opts(plugin, name) is None:
            yield from _unmarked(name, function, plugin)
        else:
            yield from _marked(name, function)


def _unmarked(name: str, function: Any, plugin: object) -> Iterator[str]:
    if name in _HOOKS and function is not vars(Reporter).get(name):
        yield f"{_place(function)} is named like a hook and not marked, so it is never called"
    elif (
        not name.startswith("_")
        and getattr(function, "__module__", "") == _module_of(plugin)
        and (hook := _meant(name, function))
    ):
        yield (
            f"{_place(function)} is no hook and is never called; the hook's name is {hook!r}, and "
            "it needs @editgauge.hookimpl"
        )


def _marked(name: str, function: Any) -> Iterator[str]:
    if name not in _HOOKS:
        hook = nearest(name, _HOOKS)
        hint = f"; did you mean {hook!r}?" if hook else ""
        yield f"{_place(function)} is marked as a hook, but there is no hook {name!r}{hint}"
        return
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        yield f"{_place(function)} is a generator or async function, which is never run to its end"
    arguments = [item for item in inspect.signature(function).parameters if item != "self"]
    expected = _argument(name)
    if arguments not in ([], [expected]):
        yield (
            f"{_place(function)} takes ({', '.join(arguments)}); the hook hands over "
            f"({expected}), by this name"
        )
    elif name in OBSERVING and arguments:
        yield from _wrong_types(function, OBSERVING[name])


def _wrong_types(function: Any, takes: type[Event]) -> Iterator[str]:
    """Yield where an observing hook expects another event than it gets."""
    try:
        hint = typing.get_type_hints(function).get("event")
    except Exception as error:  # noqa: BLE001 - annotations are the author's, and any code
        why = f"{type(error).__name__}: {error}"
        yield f"the annotations of {_place(function)} cannot be read: {why}"
        return
    if isinstance(hint, type) and issubclass(hint, Event) and not issubclass(takes, hint):
        if issubclass(hint, takes):
            yield (
                f"{_place(function)} says that it takes {hint.__name__}, but it is called with "
                f"every {takes.__name__}; annotate that, and test with isinstance"
            )
        else:
            yield (
                f"{_place(function)} says that it takes {hint.__name__}, but it is called with "
                f"{takes.__name__}; {hint.__name__} comes to {hint.scope}_event"
                if hasattr(hint, "scope")
                else f"{_place(function)} says that it takes {hint.__name__}, which never comes"
            )
    for kind in _tested_for(function):
        if not (issubclass(kind, takes) or issubclass(takes, kind)):
            yield (
                f"{_place(function)} tests for {kind.__name__}, which never comes here: it is an "
                f"event of {kind.scope}_event"
            )


def _tested_for(function: Any) -> Iterator[type[Event]]:
    """Yield the kinds of events that `isinstance(event, ...)` is asked for in a function."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "isinstance"
            and len(node.args) == 2
            and isinstance(node.args[0], ast.Name)
            and node.args[0].id == "event"
        ):
            continue
        for item in ast.walk(node.args[1]):
            name = item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "")
            kind = getattr(events, str(name), None)
            if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event:
                yield kind


def _meant(name: str, function: Any) -> str | None:
    """Return the hook that a name is a slip of, or None; a helper takes other arguments."""
    found = difflib.get_close_matches(name, _HOOKS, n=1, cutoff=_ALIKE)
    arguments = [item for item in inspect.signature(function).parameters if item != "self"]
    if not found or arguments != [_argument(found[0])]:
        return None
    return found[0]


def _argument(hook: str) -> str:
    return "event" if hook in OBSERVING else "register"


def _module_of(plugin: object) -> str:
    return plugin.__name__ if inspect.ismodule(plugin) else type(plugin).__module__


def _place(function: Any) -> str:
    code = function.__code__
    return f"{function.__qualname__} (line {code.co_firstlineno})"
