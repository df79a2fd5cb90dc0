"""What the commands that read a config share: options, plugins, and errors as exit code 2."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editgauge.core.hooks.plugin_manager import (
    PluginError,
    PluginManager,
    disabled_by_environment,
)
from editgauge.core.outcomes import ExitCode
from editgauge.core.text import clean, did_you_mean

if TYPE_CHECKING:
    from editgauge.core.config import ResolvedConfig

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


def config_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what chooses and changes a config: CONFIG, `-o`, `--profile`, `-r`, `--progress`."""
    options: list[Decorator] = [
        click.argument("config", type=click.Path(path_type=Path)),
        click.option(
            "-o",
            "--override",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Set a key, as in edit.steps=8; the value is YAML. Repeatable.",
        ),
        click.option("--profile", metavar="NAME", help="Merge this profile of the config over it."),
        click.option(
            "-r",
            "--reporter",
            "reporters",
            multiple=True,
            metavar="NAME[:PATH]",
            help="Run exactly these reporters, instead of the config's. Repeatable.",
        ),
        click.option(
            "--progress",
            type=click.Choice(["auto", "bars", "plain", "quiet", "none"]),
            help="What the terminal shows.",
        ),
        disable_option,
    ]
    for option in reversed(options):
        function = option(function)
    return function


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


def load(
    config: Path,
    plugins: PluginManager,
    *,
    overrides: Sequence[str],
    profile: str | None,
    reporters: Sequence[str],
    progress: str | None,
) -> "ResolvedConfig":
    """Return the checked config that the options of `config_options` ask for.

    Raises:
        click.UsageError: `-r` and `--progress` contradict each other.
        ConfigError: the config is wrong.
    """
    from editgauge.core.config import ReporterChoice, load_config
    from editgauge.core.terminal import is_interactive

    if reporters and progress is not None:
        raise click.UsageError(
            "-r and --progress both choose what the terminal shows; use one of them "
            "(-r tqdm is --progress bars, -r plain is --progress plain)"
        )
    return load_config(
        config,
        plugins=plugins,
        profile=profile,
        overrides=[*overrides, *([f"progress={progress}"] if progress is not None else [])],
        reporters=[ReporterChoice.parse(text) for text in reporters] or None,
        interactive=is_interactive(sys.stderr),
    )


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
