"""Makes the reporters of a run and joins them to the bus's plugins."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from editgauge.core.config import ChosenReporter
from editgauge.core.config.reporter_choice import TERMINAL_REPORTERS
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager
from editgauge.core.hooks.reporting import Producing, ReporterContext
from editgauge.core.surroundings import is_notebook
from editgauge.core.terminal import terminal_size

_TO_DO: dict[type[OSError], str] = {
    IsADirectoryError: "it is a folder; name a file",
    NotADirectoryError: "a part of the path is a file, not a folder; name another path",
    FileExistsError: "it is a file, where a folder is needed; name another path",
    PermissionError: "there is no permission to write there; name another path, or change its "
    "permissions",
}
"""What to say of what the system calls by a name only."""


@dataclass(frozen=True, slots=True)
class AttachedReporters:
    """The reporters of a run while it lasts."""

    plugins: PluginManager
    reporters: tuple[object, ...]
    on_terminal: bool
    """Whether one of them shows the run to people on stderr."""
    on_stderr: bool
    """Whether one of them writes to stderr, for people or programs."""

    def products(self, chosen: Sequence[ChosenReporter]) -> list[Path]:
        """Return what there is to look at, for people who read stderr.

        Nothing, if nobody shows the run there (`progress: none`), or programs read it; of
        reporters that were named by `-r`, even if no other one was.

        Args:
            chosen: those that were made, in the same order.
        """
        return [
            reporter.product
            for reporter, choice in zip(self.reporters, chosen, strict=True)
            if isinstance(reporter, Producing)
            and (self.on_terminal or (choice.because.startswith("-r ") and not self.on_stderr))
            and reporter.product is not None
        ]

    def detach(self) -> None:
        """Take them out again."""
        for reporter in self.reporters:
            self.plugins.remove_reporter(reporter)


def attach_reporters(
    chosen: Sequence[ChosenReporter],
    plugins: PluginManager,
    *,
    run_dir: Path,
    streams: tuple[TextIO, TextIO],
    interactive: bool,
    color: bool,
    clock: Callable[[], float],
    size: Callable[[], tuple[int, int]] | None = None,
    new_files: bool = False,
) -> AttachedReporters:
    """Make the chosen reporters and register them as plugins.

    Args:
        chosen: reporters to make.
        plugins: what they are joined to.
        run_dir: the run directory.
        streams: stderr and stdout.
        interactive: whether stderr is a terminal that can move its cursor.
        color: whether colour is wanted there.
        clock: seconds since the run started.
        size: returns columns and rows of the terminal; default: asked of stderr.
        new_files: see `ReporterContext`.

    Raises:
        PluginError: a reporter cannot be made, for example because its file cannot be opened, or
            its hooks are wrong.
    """
    stderr, stdout = streams
    context = ReporterContext(
        run_id=run_dir.name,
        run_dir=run_dir,
        stderr=stderr,
        stdout=stdout,
        interactive=interactive,
        color=color,
        size=size or (lambda: terminal_size(stderr)),
        clock=clock,
        notebook=is_notebook(stderr),
        new_files=new_files,
    )
    attached: list[object] = []
    try:
        for reporter in chosen:
            registration = reporter.registration
            try:
                made = registration.load_target()(reporter.config, context)
            except PluginError:
                raise
            except Exception as error:
                raise PluginError(f"reporters.{registration.name}: {_in_words(error)}") from error
            plugins.add_reporter(made, reporter.name)
            attached.append(made)
    except PluginError:
        AttachedReporters(plugins, tuple(attached), on_terminal=False, on_stderr=False).detach()
        raise
    on_terminal = any(
        reporter.registration.name in TERMINAL_REPORTERS and reporter.config.writes_to_stderr()
        for reporter in chosen
    )
    on_stderr = any(reporter.config.writes_to_stderr() for reporter in chosen)
    return AttachedReporters(plugins, tuple(attached), on_terminal=on_terminal, on_stderr=on_stderr)


def _in_words(error: Exception) -> str:
    """Return why a reporter cannot be made, for people who know no Python."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        reason = error.strerror
        if reason == os.strerror(error.errno or 0):
            # A reporter's own words say more; the system's are too few.
            reason = _TO_DO.get(type(error), reason[:1].lower() + reason[1:])
        return f"cannot write {str(error.filename)!r}: {reason}"
    if isinstance(error, OSError | ValueError) and str(error):
        return f"the reporter cannot be made: {error}"
    return f"the reporter cannot be made: {type(error).__name__}: {error}"
