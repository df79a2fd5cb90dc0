"""What commands share: plugins, lines on stdout, and errors as exit codes."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)
from editgauge.core.outcomes import ExitCode
from editgauge.core.text import clean, did_you_mean

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class UserError(click.ClickException):
    """Something that the user can put right: shown without a traceback, exit code 2."""

    exit_code = ExitCode.USAGE


class CannotWriteError(click.ClickException):
    """Results cannot be written: shown without a traceback, exit code 110."""

    exit_code = ExitCode.WRITE_ERROR


def disable_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--disable-plugin NAME`, repeatable, as `disable_plugin`."""
    return click.option(
        "--disable-plugin",
        multiple=True,
        metavar="NAME",
        help="Do not load this plugin. Repeatable; also EDITGAUGE_DISABLE_PLUGINS=a,b.",
    )(function)


def load_plugins(disable: Sequence[str]) -> PluginManager:
    """Return the plugins of this installation, without those that are disabled.

    Raises:
        click.UsageError: a plugin to disable does not exist.
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


def say(text: str = "") -> None:
    """Print a line on stdout, with everything harmful in it made visible."""
    click.echo(clean(text))
