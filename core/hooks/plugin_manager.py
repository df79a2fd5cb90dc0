"""Finds plugins through entry points and collects what they register."""

import importlib
import importlib.metadata
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pluggy

from editgauge.core.hooks import hookspecs
from editgauge.core.text import did_you_mean

ENTRY_POINT_GROUP = "editgauge"
REPORTER_PREFIX = "reporter:"
"""Before the names of reporters, so that a plugin may be called like a reporter."""
DISABLE_VARIABLE = "EDITGAUGE_DISABLE_PLUGINS"

Kind = Literal["edit model", "reward model", "dataset", "reporter", "command"]

_HOOKS: dict[Kind, str] = {
    "edit model": "register_edit_models",
    "reward model": "register_reward_models",
    "dataset": "register_datasets",
    "reporter": "register_reporters",
    "command": "register_commands",
}

KINDS: tuple[Kind, ...] = tuple(_HOOKS)


def disabled_by_environment(environ: Mapping[str, str] | None = None) -> set[str]:
    """Return the plugins that `EDITGAUGE_DISABLE_PLUGINS` names, separated by commas.

    Args:
        environ: the environment; default `os.environ`.
    """
    text = (os.environ if environ is None else environ).get(DISABLE_VARIABLE, "")
    return {name.strip() for name in text.split(",") if name.strip()}


class PluginError(Exception):
    """A plugin that the user asked for is missing, disabled or broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Something that a plugin offers under a name; see `hookspecs.Register`.

    `wraps` is the target of the model within it, where a configuration names one.
    """

    kind: Kind
    name: str
    target: str
    config: Any
    summary: str
    plugin: str
    wraps: str = ""

    def load_config_model(self) -> Any:
        """Return the pydantic model of its configuration.

        Raises:
            PluginError: it cannot be imported.
        """
        return self._load(self.config) if isinstance(self.config, str) else self.config

    def load_target(self) -> Any:
        """Import and return the target; not for models, whose targets are for workers.

        Raises:
            PluginError: it cannot be imported.
        """
        return self._load(self.target)

    def _load(self, target: str) -> Any:
        module, _, name = target.partition(":")
        try:
            return getattr(importlib.import_module(module), name)
        except Exception as error:
            raise PluginError(
                f"plugin {self.plugin!r} registers the {self.kind} {self.name!r} as {target!r}, "
                f"which cannot be imported: {type(error).__name__}: {error}"
            ) from error


@dataclass(slots=True)
class PluginInfo:
    """A plugin as found, for `editgauge plugins`.

    `state` is `loaded`, `disabled` (by the user) or `broken` (then `error` says why).
    """

    name: str
    package: str
    version: str
    state: Literal["loaded", "disabled", "broken"]
    error: str = ""
    registrations: list[Registration] = field(default_factory=list)


class PluginManager:
    """Loads plugins one by one; a broken one harms only those who ask for something of it."""

    def __init__(self, *, disabled: Iterable[str] = ()) -> None:
        self.pluggy = pluggy.PluginManager(hookspecs.PROJECT_NAME)
        self.pluggy.add_hookspecs(hookspecs)
        self.plugins: dict[str, PluginInfo] = {}
        self._disabled = frozenset(disabled)
        self._registrations: dict[tuple[Kind, str], Registration] = {}

    def load_entry_points(self) -> None:
        """Load every plugin of the entry point group that is not disabled."""
        for entry_point in sorted(
            importlib.metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name
        ):
            distribution = entry_point.dist
            info = PluginInfo(
                name=entry_point.name,
                package=distribution.name if distribution else "",
                version=distribution.version if distribution else "",
                state="disabled" if entry_point.name in self._disabled else "loaded",
            )
            if info.name in self.plugins:
                # Two distributions chose one name: the first has it, the second is shown as broken.
                info.state = "broken"
                first = self.plugins[info.name].package
                info.error = f"the package {first!r} has a plugin of this name already"
                self.plugins[f"{info.name} ({info.package})"] = info
                continue
            self.plugins[info.name] = info
            if info.state == "disabled":
                continue
            try:
                self._add(info, entry_point.load())
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
                info.state = "broken"
                info.error = f"{type(error).__name__}: {error}"

    def unknown_disabled(self) -> list[str]:
        """Return the names that were to be disabled and that no plugin has, sorted."""
        return sorted(self._disabled - self.plugins.keys())

    def register(self, plugin: object, name: str, *, package: str = "", version: str = "") -> None:
        """Register a plugin object that was not found through an entry point.

        Raises:
            PluginError: the name is taken, or a hook implementation is wrong.
        """
        if name in self.plugins:
            raise PluginError(f"there is a plugin {name!r} already")
        info = PluginInfo(name=name, package=package, version=version, state="loaded")
        try:
            self._add(info, plugin)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {name!r}: {error}") from error
        self.plugins[name] = info

    def _add(self, info: PluginInfo, plugin: object) -> None:
        if self.pluggy.is_registered(plugin):
            raise PluginError(
                f"the same object is the plugin {self.pluggy.get_name(plugin)!r} already"
            )
        try:
            self.pluggy.register(plugin, info.name)
            self._check_hook_names(plugin)
            for kind, hook in _HOOKS.items():
                self._collect(info, kind, hook)
        except BaseException:
            # Depending on its version, pluggy leaves a plugin with a wrong hook half registered.
            if self.pluggy.is_registered(plugin):
                self.pluggy.unregister(plugin)
            for registration in info.registrations:
                self._registrations.pop((registration.kind, registration.name), None)
            info.registrations.clear()
            raise

    def add_reporter(self, reporter: object, name: str) -> None:
        """Let a reporter observe under its name, which a plugin may have, too.

        Raises:
            PluginError: it has no observing hook, or a wrong one.
        """
        try:
            self.pluggy.register(reporter, REPORTER_PREFIX + name)
            self._check_hook_names(reporter)
        except (pluggy.PluginValidationError, ValueError, PluginError) as error:
            if self.pluggy.is_registered(reporter):
                self.pluggy.unregister(reporter)
            raise PluginError(f"the reporter {name!r} cannot be used: {error}") from error

    def remove_reporter(self, reporter: object) -> None:
        """Undo `add_reporter`."""
        self.pluggy.unregister(reporter)

    def _check_hook_names(self, plugin: object) -> None:
        known = [name for name in vars(hookspecs) if name.endswith("_event")] + list(
            _HOOKS.values()
        )
        for caller in self.pluggy.get_hookcallers(plugin) or []:
            if not caller.has_spec() and not any(
                implementation.optionalhook
                for implementation in caller.get_hookimpls()
                if implementation.plugin is plugin
            ):
                raise PluginError(
                    f"there is no hook {caller.name!r}.{did_you_mean(caller.name, known)}"
                )

    def _collect(self, info: PluginInfo, kind: Kind, hook: str) -> None:
        def register(name: str, *, target: str, config: Any = None, summary: str = "") -> None:
            taken = self._registrations.get((kind, name))
            if taken is not None:
                raise PluginError(
                    f"the {kind} {name!r} is registered by plugin {taken.plugin!r} already"
                )
            if ":" not in target:
                raise PluginError(
                    f"the target of {kind} {name!r} should be 'package.module:Name', got {target!r}"
                )
            registration = Registration(
                kind=kind,
                name=name,
                target=target,
                config=config,
                summary=summary,
                plugin=info.name,
            )
            self._registrations[kind, name] = registration
            info.registrations.append(registration)

        for implementation in getattr(self.pluggy.hook, hook).get_hookimpls():
            if implementation.plugin_name == info.name:
                implementation.function(*([register] if implementation.argnames else []))

    def names(self, kind: Kind) -> list[str]:
        """Return the registered names of a kind, sorted."""
        return sorted(name for known, name in self._registrations if known == kind)

    def registrations(self, kind: Kind) -> list[Registration]:
        """Return the registrations of a kind, sorted by name."""
        return [self._registrations[kind, name] for name in self.names(kind)]

    def find(self, kind: Kind, name: str) -> Registration:
        """Return what is registered under a name.

        Raises:
            PluginError: nothing is; the message names what is known, the nearest name, and every
                broken or disabled plugin that might have brought it.
        """
        registration = self._registrations.get((kind, name))
        if registration is not None:
            return registration
        known = self.names(kind)
        message = (
            f"no {kind} is called {name!r}.{did_you_mean(name, known)} "
            f"Known: {', '.join(known) or 'none'}."
        )
        for info in self.plugins.values():
            if info.state == "broken":
                message += f" Plugin {info.name!r} could not be loaded ({info.error})."
            elif info.state == "disabled":
                message += f" Plugin {info.name!r} is disabled."
        raise PluginError(message)
