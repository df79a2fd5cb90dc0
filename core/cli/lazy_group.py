"""The top of the command line: subcommands are imported only when they are used."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

import click

from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)
from editgauge.core.text import did_you_mean


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """A built-in subcommand.

    Attributes:
        target: `package.module:name` of the `click.Command`.
        summary: the line that `--help` shows.
    """

    target: str
    summary: str


class LazyGroup(click.Group):
    """A group whose commands come from a table and from plugins.

    Plugins are loaded for the list of commands, and for a name that is not in the table.
    """

    def __init__(self, *args: object, table: Mapping[str, LazyCommand], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self._table = table
        self._plugins: PluginManager | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands: built-in ones in their order, then those of plugins."""
        del ctx
        return [*self._table, *(name for name in self._plugin_names() if name not in self._table)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command.

        Raises:
            click.UsageError: no command has this name, or its plugin is broken.
        """
        if cmd_name in self._table:
            module, _, name = self._table[cmd_name].target.partition(":")
            command = getattr(importlib.import_module(module), name)
        elif cmd_name.startswith("-"):
            return None  # click says more about a misplaced option
        else:
            try:
                command = self._load_plugins().find("command", cmd_name).load_target()
            except PluginError as error:
                raise click.UsageError(self._explain(cmd_name, error), ctx) from error
        if not isinstance(command, click.Command):
            raise click.UsageError(
                f"the command {cmd_name!r} should be a click.Command, got {command!r}", ctx
            )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        rows = [(name, command.summary) for name, command in self._table.items()]
        rows += [
            (found.name, found.summary or f"from the plugin {found.plugin!r}")
            for found in self._load_plugins().registrations("command")
            if found.name not in self._table
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
        del ctx

    def _load_plugins(self) -> PluginManager:
        if self._plugins is None:
            self._plugins = PluginManager(disabled=disabled_by_environment())
            self._plugins.load_entry_points()
        return self._plugins

    def _plugin_names(self) -> list[str]:
        return self._load_plugins().names("command")

    def _explain(self, name: str, error: PluginError) -> str:
        if name in self._plugin_names():
            return str(error)
        # Made anew, so that built-in commands are among the nearest.
        known = [*self._table, *self._plugin_names()]
        message = f"no command is called {name!r}.{did_you_mean(name, known)}"
        trouble = [
            f"plugin {info.name!r} is {info.state}{f' ({info.error})' if info.error else ''}"
            for info in self._load_plugins().plugins.values()
            if info.state != "loaded"
        ]
        return f"{message} Note: {'; '.join(trouble)}." if trouble else message
