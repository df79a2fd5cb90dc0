"""Options that choose and change a config and its reporters, the same for every command."""

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editgauge.core.cli.common import Decorator, plugin_options
from editgauge.core.hooks.plugin_manager import PluginManager

if TYPE_CHECKING:
    from editgauge.core.config import ResolvedConfig
    from editgauge.core.config.layers import Override


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options ask for; what a command does not have is left as it is.

    Attributes:
        config: the file.
        overrides: `KEY=VALUE` each.
        profile: name of a profile.
        reporters: exactly these run, `NAME[:PATH]` each.
        added: these run, too, `NAME[:PATH]` each.
        without: names of reporters that do not run.
        progress: what the terminal shows.
        verbose: how often `-v` was given.
        quiet: how often `-q` was given.
    """

    config: Path | None = None
    overrides: tuple[str, ...] = ()
    profile: str | None = None
    reporters: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    progress: str | None = None
    verbose: int = 0
    quiet: int = 0

    def check(self) -> None:
        """Check that no option contradicts another one.

        Raises:
            click.UsageError: two of them do.
        """
        for contradiction, message in self._contradictions():
            if contradiction:
                raise click.UsageError(message)

    def _contradictions(self) -> Sequence[tuple[object, str]]:
        terminal = {"bars": "tqdm", "plain": "plain", "quiet": "plain"}.get(self.progress or "")
        return (
            (
                self.reporters and self.progress is not None,
                (
                    "-r and --progress both choose what the terminal shows; use one of them "
                    "(-r tqdm is --progress bars, -r plain is --progress plain)"
                ),
            ),
            (
                self.reporters and (self.added or self.without),
                (
                    "-r names exactly the reporters that run; name all of them by -r, or none and "
                    "change the config's by --add-reporter and --no-reporter"
                ),
            ),
            (
                self.reporters and self.quiet,
                (
                    "-r and -q both choose what the terminal shows; leave -q out "
                    "(-r names exactly the reporters that run)"
                ),
            ),
            (self.verbose and self.quiet, "-v and -q contradict each other; use one of them"),
            (
                self.quiet and self.progress is not None,
                (
                    "-q and --progress both choose what the terminal shows; use one of them "
                    "(-q is --progress quiet, -qq is --progress none)"
                ),
            ),
            (
                self.verbose and self.progress in ("quiet", "none"),
                f"-v and --progress {self.progress} contradict each other; use one of them",
            ),
            (
                terminal in self.without,
                (
                    f"--progress {self.progress} and --no-reporter {terminal} contradict each "
                    "other; use one of them (--progress none leaves the terminal alone)"
                ),
            ),
        )

    def load(
        self,
        plugins: PluginManager,
        *,
        data: Mapping[str, Any] | None = None,
        more: "Sequence[Override]" = (),
    ) -> "ResolvedConfig":
        """Return the checked config.

        Args:
            plugins: where types and reporters are found.
            data: the configuration, instead of the file.
            more: what other options of the command set.

        Raises:
            click.UsageError: two options contradict each other.
            ConfigError: the config is wrong.
        """
        from editgauge.core.config import Override, ReporterChanges, ReporterChoice, load_config
        from editgauge.core.surroundings import surroundings_of

        self.check()
        source = data if data is not None else self.config
        if source is None:
            raise ValueError("there is neither a file nor data")
        shown = [Override("progress", self.progress, "--progress")] if self.progress else []
        return load_config(
            source,
            plugins=plugins,
            profile=self.profile,
            overrides=[*self.overrides, *shown, *more],
            reporters=[ReporterChoice.parse(text) for text in self.reporters] or None,
            changes=ReporterChanges(
                added=[ReporterChoice.parse(text, "--add-reporter") for text in self.added],
                without=self.without,
                verbosity=self.verbose - self.quiet,
            ),
            surroundings=surroundings_of(sys.stderr),
        )


_CONFIG = (
    click.option(
        "-o",
        "--override",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set a key, as in edit.steps=8; the value is YAML. Repeatable.",
    ),
)
_PROFILE = (
    click.option(
        "--profile",
        metavar="NAME",
        help="Merge this profile over the config: one of its own, or laptop, ci, production.",
    ),
)
_REPORTERS = (
    click.option(
        "-r",
        "--reporter",
        "reporters",
        multiple=True,
        metavar="NAME[:PATH]",
        help="Run exactly these reporters, instead of the config's. Repeatable.",
    ),
    click.option(
        "--add-reporter",
        "added",
        multiple=True,
        metavar="NAME[:PATH]",
        help="Run this reporter, too. Repeatable.",
    ),
    click.option(
        "--no-reporter",
        "without",
        multiple=True,
        metavar="NAME",
        help="Leave this reporter out. Repeatable.",
    ),
    click.option(
        "--progress",
        type=click.Choice(["auto", "bars", "plain", "quiet", "none"]),
        help="What the terminal shows; `auto` takes what fits.",
    ),
)
_TERMINAL = (
    click.option(
        "-v",
        "--verbose",
        count=True,
        help="Show replies whole, and debug lines; on the terminal only.",
    ),
    click.option(
        "-q",
        "--quiet",
        count=True,
        help="Show problems and the closing block only, -qq only why it failed; "
        "on the terminal only.",
    ),
)


def asks_for_config(
    *, required: bool = True, terminal: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what adds CONFIG and all options that choose and change it, as one `asked`.

    Args:
        required: whether CONFIG must be given.
        terminal: whether `-v` and `-q` are among them.
    """
    argument = click.argument("config", type=click.Path(path_type=Path), required=required)
    options = (argument, *_CONFIG, *_PROFILE, *_REPORTERS, *(_TERMINAL if terminal else ()))
    return _gathering((*options, plugin_options), others=() if terminal else ("verbose",))


def asks_for_reporters(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose reporters and a profile, as one `asked`."""
    return _gathering((*_PROFILE, *_REPORTERS, *_TERMINAL))(function)


def _gathering(options: Sequence[Decorator], others: Sequence[str] = ()) -> Decorator:
    """Return what adds options; those that the command has itself are `others`."""
    names = {field.name for field in fields(Asked)}.difference(others)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def gathered(**given: Any) -> Any:
            asked = Asked(**{name: value for name, value in given.items() if name in names})
            rest = {name: value for name, value in given.items() if name not in names}
            return function(asked=asked, **rest)

        decorated: Callable[..., Any] = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
