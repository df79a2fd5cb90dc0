"""`editgauge plugins`."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from editgauge.core.cli.common import (
    UserError,
    load_plugins,
    plugin_options,
    say,
    user_errors,
)
from editgauge.core.hooks.plugin_manager import (
    KINDS,
    PluginError,
    PluginInfo,
    PluginManager,
    Registration,
)
from editgauge.core.text import clean, did_you_mean, dump_json_document

if TYPE_CHECKING:
    from editgauge.core.config.option_tables import Option

_EPILOG = """\b
Examples:
  editgauge plugins
  editgauge plugins qwen-image-edit          (its options, with defaults and meanings)
  editgauge plugins my_model --plugin ./my_model.py
  editgauge plugins --json | jq '.[] | select(.state == "broken")'
  EDITGAUGE_DISABLE_PLUGINS=qwen-edit editgauge plugins

\b
States: loaded, disabled (by you), broken (the error says why), incompatible
(written for another version of the plugin API).
"""
_WIDTH = 100


@click.command(epilog=_EPILOG)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@plugin_options
def plugins(name: str | None, as_json: bool, disable_plugin: tuple[str, ...]) -> None:
    """List every plugin: name, state, plugin API, version, and what it registers.

    With NAME, of a plugin or of anything that is registered, show the options that it takes in a
    config: what they may be, what they are otherwise, and what they mean.
    """
    with user_errors():
        manager = load_plugins(disable_plugin)
        if name is None:
            _list(list(manager.plugins.values()), as_json=as_json)
        else:
            _show(manager, name, as_json=as_json)


def _list(found: Sequence[PluginInfo], *, as_json: bool) -> None:
    if as_json:
        click.echo(dump_json_document([_as_data(info) for info in found]))
        return
    if not found:
        say("no plugins are installed")
    width = max((len(clean(info.name)) for info in found), default=0)
    for info in found:
        _say_plugin(info, width)
        for kind in KINDS:
            for registration in info.registrations:
                if registration.kind == kind:
                    summary = f": {registration.summary}" if registration.summary else ""
                    say(f"    {kind} {registration.name}{summary}")


def _say_plugin(info: PluginInfo, width: int = 0) -> None:
    api = f"API {', '.join(info.api_versions)}" if info.api_versions else ""
    version = f"{info.package or info.path} {info.version}".strip() or "-"
    say(f"{clean(info.name):<{width}}  {info.state:<12}  {api:<7}  {version}")
    if info.error:
        say(f"    {'skipped: ' if info.state == 'loaded' else ''}{info.error}")


def _as_data(info: PluginInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "package": info.package,
        "version": info.version,
        "path": info.path or None,
        "sha256": info.sha256 or None,
        "api": info.api_versions,
        "state": info.state,
        "error": info.error,
        "registers": [
            {
                key: value
                for key, value in asdict(registration).items()
                if key in ("kind", "name", "target", "summary", "api")
            }
            for registration in info.registrations
        ],
        "skipped": [asdict(skipped) for skipped in info.skipped],
    }


def _show(manager: PluginManager, name: str, *, as_json: bool) -> None:
    """Show a plugin, or what is registered under a name, with all options.

    Options that cannot be read are said in their place, so that the rest is seen.

    Raises:
        UserError: nothing has this name.
    """
    info = manager.plugins.get(name)
    registrations = [
        registration
        for kind in KINDS
        for registration in manager.registrations(kind)
        if name in (registration.name, registration.plugin)
    ]
    skipped = [
        (each, owner)
        for owner in manager.plugins.values()
        for each in owner.skipped
        if each.name == name and owner is not info
    ]
    if info is None and not registrations and not skipped:
        known = sorted(
            {registration.name for kind in KINDS for registration in manager.registrations(kind)}
            | manager.plugins.keys()
        )
        raise UserError(
            f"no plugin, and nothing of one, is called {name!r}.{did_you_mean(name, known)} "
            "`editgauge plugins` lists all."
        )
    if as_json:
        data: dict[str, Any] = {
            "plugin": None if info is None else _as_data(info),
            "registers": [_with_options(found, manager) for found in registrations],
            "skipped": [asdict(each) | {"plugin": owner.name} for each, owner in skipped],
        }
        click.echo(dump_json_document(data))
        return
    if info is not None:
        _say_plugin(info)
    for each, owner in skipped:
        say(f"{each.kind} {each.name}, of plugin {owner.name}, is skipped: it {each.reason}")
    for number, registration in enumerate(registrations):
        if number or info is not None or skipped:
            say()
        for line in _description(registration, manager):
            say(line)


def _options(registration: Registration) -> "tuple[list[Option], str]":
    """Return the options of what is registered, its own first, and why they cannot be read.

    Commands have none here.
    """
    if registration.kind == "command":
        return [], ""
    from pydantic import BaseModel

    from editgauge.core.config.models import base_of
    from editgauge.core.config.option_tables import options_of

    base = base_of(registration.kind)
    try:
        model = registration.load_config_model() or base
    except PluginError as error:
        return [], str(error)

    def place(option: "Option") -> int:
        key = option.name.partition(".")[0].partition("[")[0]
        if key == "type":
            return 0
        return 3 if key in base.model_fields else 1 if model.model_fields[key].is_required() else 2

    problem: object = f"it is {model!r}"
    if isinstance(model, type) and issubclass(model, BaseModel):
        try:
            return sorted(options_of(model), key=place), ""
        except Exception as error:  # noqa: BLE001 - the types of a plugin's fields may be any
            problem = f"{type(error).__name__}: {error}"
    return [], (
        f"plugin {registration.plugin!r} is wrong: the options of the {registration.kind} "
        f"{registration.name!r} cannot be read from its config model: {problem}"
    )


def _with_options(registration: Registration, manager: PluginManager) -> dict[str, Any]:
    info = manager.plugins[registration.plugin]
    options, problem = _options(registration)
    return {
        "kind": registration.kind,
        "name": registration.name,
        "plugin": registration.plugin,
        "package": info.package,
        "version": info.version,
        "api": registration.api,
        "target": registration.target,
        "summary": registration.summary,
        "options": [
            {key: value for key, value in asdict(option).items() if key != "has_parts"}
            for option in options
        ],
        "error": problem,
    }


def _description(registration: Registration, manager: PluginManager) -> Iterator[str]:
    info = manager.plugins[registration.plugin]
    version = f"{info.package} {info.version}".strip()
    of = f"plugin {info.name}{', ' if version else ''}{version}"
    yield f"{registration.kind} {registration.name}  ({of}; API {registration.api})"
    if registration.summary:
        yield f"  {registration.summary}"
    yield f"  target: {registration.target}"
    options, problem = _options(registration)
    if problem:
        yield f"  {problem}"
    elif not options:
        if registration.kind == "command":
            yield f"  its options: editgauge {registration.name} --help"
        else:
            yield "  no options"
    if not options:
        return
    yield f"  options, as in {_example(registration)}:"
    columns = min(shutil.get_terminal_size().columns, _WIDTH)
    for option in options:
        yield f"    {option.name}: {option.values or 'any value'}{_otherwise(option)}"
        meaning = clean(" ".join(option.meaning.split()))
        yield from textwrap.wrap(
            meaning, columns, initial_indent=" " * 8, subsequent_indent=" " * 8
        )


def _otherwise(option: "Option") -> str:
    from editgauge.core.config.option_tables import shown_default

    if option.required:
        return "; required"
    if option.has_parts and isinstance(option.default, dict):
        return "; its parts follow"
    return f"; default {shown_default(option.default)}"


def _example(registration: Registration) -> str:
    if registration.kind == "reporter":
        return f"reporters: {{{registration.name}: {{...}}}}"
    section = {"edit model": "edit", "reward model": "reward", "dataset": "dataset"}
    return f"{section[registration.kind]}: {{type: {registration.name}, ...}}"
