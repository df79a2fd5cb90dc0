"""What commands share: plugins, lines on stdout, and errors as exit codes."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)
from editgauge.core.outcomes import ExitCode
from editgauge.core.text import clean, did_you_mean

_PLUGIN_FILES = f"{__name__}.plugin_files"
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class UserError(click.ClickException):
    """Something that the user can put right: shown without a traceback, exit code 2."""

    exit_code = ExitCode.USAGE


class CannotWriteError(click.ClickException):
    """Results cannot be written: shown without a traceback, exit code 110."""

    exit_code = ExitCode.WRITE_ERROR


def plugin_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--plugin PATH` and `--disable-plugin NAME`, both repeatable, the latter as an argument.

    `load_plugins` finds the paths in the context of the command.
    """
    disable = click.option(
        "--disable-plugin",
        multiple=True,
        metavar="NAME",
        help="Do not load this plugin. Repeatable; also EDITGAUGE_DISABLE_PLUGINS=a,b.",
    )
    file = click.option(
        "--plugin",
        "plugin_files",
        multiple=True,
        metavar="PATH",
        expose_value=False,
        callback=_keep_files,
        help="Load a plugin that is not installed: a Python file, as in ./my_model.py, or the "
        "folder of a package. Repeatable.",
    )
    return file(disable(function))


def _keep_files(context: click.Context, _parameter: click.Parameter, paths: Any) -> None:
    context.meta[_PLUGIN_FILES] = (*context.meta.get(_PLUGIN_FILES, ()), *paths)


def load_plugins(
    disable: Sequence[str], files: Sequence[str | Path] | None = None
) -> PluginManager:
    """Return the plugins of this installation, without those that are disabled.

    Args:
        disable: names of plugins that are not loaded.
        files: plugin files; default: those that the command was given by `--plugin`.

    Raises:
        click.UsageError: a plugin to disable does not exist.
        PluginError: a plugin file cannot be used.
    """
    plugins = PluginManager(disabled=disabled_by_environment().union(disable))
    plugins.load_entry_points()
    for name in plugins.unknown_disabled():
        if name in disable:
            known = list(plugins.plugins)
            raise click.UsageError(
                f"--disable-plugin: no plugin is called {name!r}.{did_you_mean(name, known)} "
                f"Known: {', '.join(known) or 'none'}."
            )
    context = click.get_current_context(silent=True)
    if files is None and context is not None:
        files = context.meta.get(_PLUGIN_FILES)
    for path in files or ():
        plugins.load_file(path)
    return plugins


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors that the user can put right into a message and exit code 2."""
    from editgauge.core.config import ConfigError
    from editgauge.core.datasets import DatasetError

    try:
        yield
    except (ConfigError, PluginError, DatasetError) as error:
        raise UserError(str(error)) from error


def warn(text: str) -> None:
    """Print a line on stderr, with everything harmful in it made visible."""
    click.echo(clean(f"Warning: {text}"), err=True)


def say(text: str = "") -> None:
    """Print a line on stdout, with everything harmful in it made visible."""
    click.echo(clean(text))
