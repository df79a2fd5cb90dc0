"""Finds plugins through entry points and collects what they register."""

import importlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pluggy

from editgauge.core.hooks import hookspecs
from editgauge.core.hooks.api_version import (
    API_VERSION,
    is_compatible,
    parse_api_version,
    what_to_do,
)
from editgauge.core.hooks.installed_plugins import (
    in_a_line,
    installed_entry_points,
    package_of,
)
from editgauge.core.hooks.plugin_files import (
    PluginFile,
    PluginFileError,
    digest_of,
    find_plugin_file,
    forget,
    import_plugin_file,
    what_went_wrong,
)
from editgauge.core.hooks.plugin_output import plugin_output
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

_KNOWN_HOOKS = [name for name in vars(hookspecs) if name.endswith("_event")] + [*_HOOKS.values()]

_WITH_TYPE: tuple[Kind, ...] = ("edit model", "reward model", "dataset")
"""The kinds whose configuration names them by `type`."""
_ARGUMENTS = ("target", "config", "summary", "api")
_NOT_GIVEN = object()


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

    `wraps` is the target of the model within it, where a configuration names one. `api` is the
    version of the plugin API that it is written for.
    """

    kind: Kind
    name: str
    target: str
    config: Any
    summary: str
    plugin: str
    wraps: str = ""
    api: str = API_VERSION

    def load_config_model(self) -> Any:
        """Return the pydantic model of its configuration.

        Raises:
            PluginError: it cannot be imported, or its `type` is another one.
        """
        model = self._load(self.config) if isinstance(self.config, str) else self.config
        self._check_type(model)
        return model

    def load_target(self) -> Any:
        """Import and return the target; not for models, whose targets are for workers.

        Raises:
            PluginError: it cannot be imported.
        """
        return self._load(self.target)

    def _check_type(self, model: Any) -> None:
        """Check that a config model takes the name that it is registered for.

        Raises:
            PluginError: its `type` is a Literal of other names, so no configuration fits.
        """
        field = getattr(model, "model_fields", {}).get("type")
        annotation = getattr(field, "annotation", None)
        if self.kind not in _WITH_TYPE or get_origin(annotation) is not Literal:
            return
        names = get_args(annotation)
        if self.name not in names:
            raise PluginError(
                f"plugin {self.plugin!r} is wrong: it says register({self.name!r}, ...), and the "
                f"config model {model.__qualname__} has type: {_literal(names)}; "
                f"make it Literal[{self.name!r}], or register that name"
            )

    def _load(self, target: str) -> Any:
        module, _, name = target.partition(":")
        try:
            with plugin_output():
                return getattr(importlib.import_module(module), name)
        except Exception as error:
            raise PluginError(
                f"plugin {self.plugin!r} registers the {self.kind} {self.name!r} as {target!r}, "
                f"which cannot be imported: {type(error).__name__}: {error}"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A registration for a version of the plugin API that this editgauge does not have."""

    kind: Kind
    name: str
    api: str
    reason: str
    """What it needs, what there is, and what to do; a clause for behind its name."""


@dataclass(slots=True)
class PluginInfo:
    """A plugin as found, for `editgauge plugins`.

    `state` is `loaded`, `disabled` (by the user), `broken`, or `incompatible` (all that it
    registers is written for another version of the plugin API). For the last two `error` says why;
    of a loaded plugin it names what was skipped. `path` is that of a plugin file, and `sha256` the
    `code_digest` that it had.
    """

    name: str
    package: str
    version: str
    state: Literal["loaded", "disabled", "broken", "incompatible"]
    error: str = ""
    registrations: list[Registration] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    path: str = ""
    sha256: str = ""

    @property
    def api_versions(self) -> list[str]:
        """The versions of the plugin API that its registrations are written for, sorted."""
        found = {registration.api for registration in self.registrations}
        return sorted(found | {skipped.api for skipped in self.skipped}, key=parse_api_version)


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
        points, unreadable = installed_entry_points(ENTRY_POINT_GROUP)
        for name, error in unreadable.items():
            info = PluginInfo(name=name, package=name, version="", state="broken")
            info.error = f"its installation is damaged, install it again ({in_a_line(error)})"
            self.plugins[name] = info
        for entry_point in points:
            package, version = package_of(entry_point)
            info = PluginInfo(
                name=entry_point.name,
                package=package,
                version=version,
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
                with plugin_output():
                    self._add(info, entry_point.load())
            except KeyboardInterrupt:
                raise
            # An extension that is written in Rust panics with neither of the usual bases.
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
                info.state = "broken"
                info.error = in_a_line(error)

    def unknown_disabled(self) -> list[str]:
        """Return the names that were to be disabled and that no plugin has, sorted."""
        return sorted(self._disabled - self.plugins.keys())

    def register(self, plugin: object, name: str, *, package: str = "", version: str = "") -> None:
        """Register a plugin object that was not found through an entry point.

        Raises:
            PluginError: the name is taken, a hook implementation is wrong, or all that it registers
                is written for another version of the plugin API.
        """
        if name in self.plugins:
            raise PluginError(f"there is a plugin {name!r} already")
        info = PluginInfo(name=name, package=package, version=version, state="loaded")
        try:
            self._add(info, plugin)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {name!r}: {error}") from error
        if info.state == "incompatible":
            raise PluginError(f"plugin {name!r} cannot be used: {info.error}")
        self.plugins[name] = info

    @plugin_output()
    def load_file(self, path: str | Path) -> None:
        """Load a plugin file; again does nothing.

        Args:
            path: a Python file, or the folder of a package; it needs not be installed.

        Raises:
            PluginError: it cannot be used; whoever names a file asks for what is in it.
        """
        try:
            file = find_plugin_file(path)
            former = self.plugins.get(file.name)
            if former is not None and former.path == str(file.path):
                return
            self._check_is_free(file)
            module = import_plugin_file(file)
        except PluginFileError as error:
            raise PluginError(f"the plugin cannot be used: {error}") from error
        info = PluginInfo(
            name=file.name,
            package="",
            version=str(getattr(module, "__version__", "")),
            state="loaded",
            path=str(file.path),
            sha256=digest_of(module),
        )
        try:
            self._add(info, module)
            if info.state == "loaded" and not self.pluggy.get_hookcallers(module):
                self.pluggy.unregister(module)
                info.state, info.error = "broken", f"it has no hook{_forgotten(module)}"
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            of_its_own = not isinstance(error, PluginError | pluggy.PluginValidationError)
            info.error = what_went_wrong(file, error) if of_its_own else str(error)
            info.state = "broken"
        if info.state != "loaded":
            forget(file)
            raise PluginError(f"the plugin {file.path} cannot be used: {info.error}")
        self.plugins[file.name] = info

    def _check_is_free(self, file: PluginFile) -> None:
        if file.name in self._disabled:
            raise PluginFileError(f"{file.path}: a plugin {file.name!r} is to be disabled")
        if file.name in self.plugins:
            raise PluginFileError(
                f"{file.path}: there is a plugin {file.name!r} already; rename the file"
            )

    def _add(self, info: PluginInfo, plugin: object) -> None:
        if self.pluggy.is_registered(plugin):
            raise PluginError(
                f"the same object is the plugin {self.pluggy.get_name(plugin)!r} already"
            )
        try:
            self.pluggy.register(plugin, info.name)
            for kind, hook in _HOOKS.items():
                self._collect(info, kind, hook)
            if info.skipped:
                self._skip(info, plugin)
            else:
                # Last: what is written for another version may know other hooks.
                self._check_hook_names(plugin)
        except BaseException:
            # Depending on its version, pluggy leaves a plugin with a wrong hook half registered.
            if self.pluggy.is_registered(plugin):
                self.pluggy.unregister(plugin)
            for registration in info.registrations:
                self._registrations.pop((registration.kind, registration.name), None)
            info.registrations.clear()
            info.skipped.clear()
            raise

    def _skip(self, info: PluginInfo, plugin: object) -> None:
        """Say what of a plugin is skipped; without the rest, it does not observe either."""
        info.error = "; ".join(
            f"{skipped.kind} {skipped.name!r} {skipped.reason}" for skipped in info.skipped
        )
        if not info.registrations:
            info.state = "incompatible"
            self.pluggy.unregister(plugin)

    def add_reporter(self, reporter: object, name: str) -> None:
        """Let a reporter observe under its name, which a plugin may have, too.

        Raises:
            PluginError: it has no observing hook, or a wrong one.
        """
        try:
            self.pluggy.register(reporter, REPORTER_PREFIX + name)
            self._check_hook_names(reporter)
            self._check_has_hook(reporter)
        except (pluggy.PluginValidationError, ValueError, PluginError) as error:
            if self.pluggy.is_registered(reporter):
                self.pluggy.unregister(reporter)
            raise PluginError(f"the reporter {name!r} cannot be used: {error}") from error

    def _check_has_hook(self, reporter: object) -> None:
        if not self.pluggy.get_hookcallers(reporter):
            raise PluginError(f"it is {reporter!r}, which has no hook{_forgotten(reporter)}")

    def remove_reporter(self, reporter: object) -> None:
        """Undo `add_reporter`."""
        self.pluggy.unregister(reporter)

    def _check_hook_names(self, plugin: object) -> None:
        for caller in self.pluggy.get_hookcallers(plugin) or []:
            if not caller.has_spec() and not any(
                implementation.optionalhook
                for implementation in caller.get_hookimpls()
                if implementation.plugin is plugin
            ):
                raise PluginError(
                    f"there is no hook {caller.name!r}.{did_you_mean(caller.name, _KNOWN_HOOKS)}"
                )

    def _collect(self, info: PluginInfo, kind: Kind, hook: str) -> None:
        def register(
            name: str,
            *,
            target: Any = _NOT_GIVEN,
            config: Any = None,
            summary: str = "",
            api: str = "1.0",
            **newer: Any,
        ) -> None:
            version = parse_api_version(api)
            if not is_compatible(version):
                # Before anything else is looked at: it follows rules that are not known here.
                reason = (
                    f"is written for version {api} of the plugin API, and this editgauge has "
                    f"{API_VERSION}: {what_to_do(version, info.package)}"
                )
                info.skipped.append(Skipped(kind=kind, name=str(name), api=api, reason=reason))
                return
            _check_arguments(kind, name, target, summary, newer)
            taken = self._registrations.get((kind, name))
            if taken is not None:
                raise PluginError(
                    f"the {kind} {name!r} is registered by plugin {taken.plugin!r} already"
                )
            registration = Registration(
                kind=kind,
                name=name,
                target=target,
                config=config,
                summary=summary,
                plugin=info.name,
                api=api,
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
        for info in self.plugins.values():
            for skipped in info.skipped:
                if (skipped.kind, skipped.name) == (kind, name):
                    raise PluginError(
                        f"the {kind} {name!r} of plugin {info.name!r} {skipped.reason}."
                    )
        known = self.names(kind)
        nearest = did_you_mean(name, known)
        message = f"no {kind} is called {name!r}.{nearest} Known: {', '.join(known) or 'none'}."
        if not nearest:
            message += (
                " If a file brings it, name the file: --plugin FILE, in Python plugins=[FILE]."
            )
        for info in self.plugins.values():
            if info.state == "broken":
                message += f" Plugin {info.name!r} could not be loaded ({info.error})."
            elif info.state == "disabled":
                message += f" Plugin {info.name!r} is disabled."
        raise PluginError(message)


def _check_arguments(
    kind: Kind, name: object, target: object, summary: object, newer: Mapping[str, Any]
) -> None:
    """Check what a plugin gave to its callback.

    Raises:
        PluginError: an argument is not known, missing, or of the wrong kind.
    """
    for argument in newer:
        raise PluginError(
            f"register({name!r}, ...) has no argument {argument!r}."
            f"{did_you_mean(argument, _ARGUMENTS)} Known: {', '.join(_ARGUMENTS)}."
        )
    if not isinstance(name, str) or not name.strip():
        raise PluginError(f"the name of a {kind} should be a text, got {name!r}")
    if target is _NOT_GIVEN:
        raise PluginError(f"the {kind} {name!r} has no target; give target='package.module:Name'")
    module, _, attribute = target.partition(":") if isinstance(target, str) else ("", "", "")
    if not module or not attribute:
        raise PluginError(
            f"the target of {kind} {name!r} should be 'package.module:Name', got {target!r}"
        )
    if not isinstance(summary, str):
        raise PluginError(f"the summary of {kind} {name!r} should be a text, got {summary!r}")


def _literal(names: tuple[object, ...]) -> str:
    return f"Literal[{', '.join(map(repr, names))}]"


def _forgotten(plugin: object) -> str:
    """Return what to do about a plugin without a hook, as the rest of a sentence."""
    unmarked = [name for name in _KNOWN_HOOKS if callable(getattr(plugin, name, None))]
    if unmarked:
        return f": mark {' and '.join(unmarked)} by @editgauge.hookimpl"
    return (
        "; give it one, such as `register_edit_models(register)` or `sample_event(event)`, marked "
        "by @editgauge.hookimpl"
    )
