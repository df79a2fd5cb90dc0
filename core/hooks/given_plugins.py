"""Plugins as a program gives them: paths of plugin files, modules, and objects with hooks."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)

Plugin = Path | str | ModuleType | object
"""The path of a plugin file, a module, or an object with hooks (`hookimpl`)."""


def load_with(plugins: Sequence[Plugin] = ()) -> PluginManager:
    """Return the plugins of this installation, and those that a program gives.

    Args:
        plugins: a path is that of a Python file or of a package's folder, and needs not be
            installed; anything else is a plugin itself.

    Raises:
        PluginError: one that is given cannot be used.
        TypeError: one has no hook or is a class, or they are no list.
    """
    if isinstance(plugins, str | Path):
        raise TypeError(f"'plugins' should be a list, as in [{str(plugins)!r}], not one path")
    manager = PluginManager(disabled=disabled_by_environment())
    manager.load_entry_points()
    for plugin in plugins:
        if isinstance(plugin, str | Path):
            manager.load_file(plugin)
        elif not _is_there(manager, plugin):
            _register(manager, plugin)
    return manager


def _is_there(manager: PluginManager, plugin: object) -> bool:
    """Return whether a plugin is loaded already, which does no harm."""
    return manager.pluggy.is_registered(plugin)


def _register(manager: PluginManager, plugin: object) -> None:
    if isinstance(plugin, type):
        name = plugin.__name__
        raise TypeError(f"the plugin {name} is a class; give an instance, {name}()")
    version = ""
    if isinstance(plugin, ModuleType):
        base, version = plugin.__name__, str(getattr(plugin, "__version__", ""))
    else:
        base = f"python:{type(plugin).__name__}"
    name, number = base, 1
    while name in manager.plugins:
        if manager.plugins[name].state == "disabled":
            raise PluginError(f"the plugin {name!r} is given, and is to be disabled")
        number += 1
        name = f"{base}-{number}"
    manager.register(plugin, name, version=version)
    if not manager.pluggy.get_hookcallers(plugin):
        raise TypeError(
            f"the plugin {plugin!r} should be the path of a plugin file, a module, or an object "
            "with at least one function marked by @editgauge.hookimpl"
        )
