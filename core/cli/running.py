"""Starts a run from the command line: streams, signals, and errors as exit codes."""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from editgauge.core.cli.common import CannotWriteError, UserError
from editgauge.core.hooks.plugin_output import stdout_is_in_use
from editgauge.core.stopped_streams import Taken, settle

if TYPE_CHECKING:
    from editgauge.core.config import ResolvedConfig
    from editgauge.core.hooks.plugin_manager import PluginManager
    from editgauge.core.run.opening import Redo
    from editgauge.core.run.result import RunResult


def run_to_end(
    config: "ResolvedConfig",
    plugins: "PluginManager",
    *,
    run_dir: Path | None = None,
    resume: str | None = None,
    retry_failed: bool = False,
    redo: "Redo | None" = None,
) -> "RunResult":
    """Run, drawing on this process's streams and answering to its signals.

    Args:
        config: the checked configuration.
        plugins: the plugins.
        run_dir: the run directory, instead of a new one.
        resume: an earlier run to go on with.
        retry_failed: whether its samples that are not `ok` are done again.
        redo: which of its finished rows may be done again where they would not come out the same.

    Raises:
        UserError: something that the user can put right, found before the run began.
        CannotWriteError: the run directory cannot be made.
    """
    from editgauge.core.judging.rubrics import RubricError
    from editgauge.core.run.opening import Wish
    from editgauge.core.run.preflight import PreflightError
    from editgauge.core.run.runner import run_resolved
    from editgauge.core.run.store import RunDirectoryError, WriteError
    from editgauge.core.terminal import is_interactive, wants_color

    # It asks a run how far it is; before and after that it should not kill the process. Ignored,
    # and not handled: Python takes its handlers away long before the process has ended.
    if signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        # Its reporters write to stdout while datasets and more are imported.
        with stdout_is_in_use():
            result = run_resolved(
                config,
                plugins,
                wish=Wish(
                    run_dir=run_dir,
                    resume=resume,
                    retry_failed=retry_failed,
                    redo=redo,
                    argv=click.get_current_context().find_root().obj or (),
                ),
                stderr=sys.stderr,
                stdout=sys.stdout,
                interactive=is_interactive(sys.stderr),
                color=wants_color(sys.stderr),
                handle_signals=True,
            )
    except (PreflightError, RubricError, RunDirectoryError) as error:
        raise UserError(str(error)) from error
    except WriteError as error:
        raise CannotWriteError(str(error)) from error
    _settle_stdout(result.exit_code)
    return result


def _settle_stdout(exit_code: int) -> None:
    """See to it that what a reporter could not write there changes nothing any more."""
    if settle(sys.stdout) is Taken.NOT_YET:
        # Whoever should read it takes nothing, and the interpreter would wait for it when it ends.
        os._exit(exit_code)
