"""`editgauge`: the entry point, errors that people can read, and exit codes."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import click

import editgauge
from editgauge.core.cli import interrupts
from editgauge.core.cli.lazy_group import LazyCommand, LazyGroup
from editgauge.core.hooks.plugin_output import plugins_print_to_stderr
from editgauge.core.outcomes import ExitCode
from editgauge.core.stopped_streams import Taken, settle

_COMMANDS = {
    "run": LazyCommand(
        "editgauge.core.cli.run:run", "Edit the images of a dataset and score the edits."
    ),
    "check": LazyCommand(
        "editgauge.core.cli.check:check", "Check a config without running it; show the plan."
    ),
    "replay": LazyCommand(
        "editgauge.core.cli.replay:replay",
        "Show a recorded run again, or send it to other reporters.",
    ),
    "report": LazyCommand(
        "editgauge.core.cli.report:report", "Print the key figures of a run, or its rows."
    ),
    "plugins": LazyCommand(
        "editgauge.core.cli.plugins:plugins", "List plugins, what they bring, and their state."
    ),
    "new": LazyCommand(
        "editgauge.core.cli.new:new", "Write a new plugin that works at once, to be made your own."
    ),
    "config": LazyCommand(
        "editgauge.core.cli.config:config",
        "Print what a run would use, and the JSON Schema of configs.",
    ),
    "events": LazyCommand(
        "editgauge.core.cli.events:events", "Print the JSON Schema of recordings, for programs."
    ),
}

_EPILOG = """\b
Examples:
  editgauge run run.yaml
  editgauge run run.yaml -o edit.steps=8 --profile production
  editgauge check run.yaml --workers
  editgauge replay latest -r html
  editgauge report latest --format csv
  editgauge COMMAND --help

\b
Exit codes of a run: 0 all samples ok, 2 usage, config or plugin error,
4 nothing selected, 100 too many failures, 101 workers lost, 110 results
could not be written, 129, 130 and 143 interrupted, 1 internal error.
"""


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(editgauge.__version__, prog_name="editgauge")
def cli() -> None:
    """Run image-editing models over a dataset and judge what they did."""


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit.

    Args:
        args: the arguments, without the program's name; default: those of the process, whose
            signals are then answered until its end.
    """
    own = args is None and interrupts.can_answer()
    if own:
        interrupts.answer()
    try:
        code = _run(args)
        if own:
            interrupts.end_with(code)
    except KeyboardInterrupt:
        # Beside the command itself, whose interrupts click reports.
        code = int(ExitCode.INTERRUPTED)
        if own:
            interrupts.end_with(code)
    if own and settle(sys.stderr) is Taken.NOT_YET:
        # A stopped terminal: the interpreter would wait for it to take the rest.
        os._exit(code)
    sys.exit(code)


def _run(args: Sequence[str] | None) -> int:
    try:
        return int(_run_command(list(sys.argv[1:] if args is None else args)))
    except BrokenPipeError:
        # Whoever read our output has left; the interpreter must not try to flush it again.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.INTERNAL_ERROR)


def _run_command(words: list[str]) -> int:
    try:
        with _clean_warnings(), plugins_print_to_stderr():
            # `obj` is the command line as typed, for the run's record and its advice.
            result = cli.main(
                words, prog_name="editgauge", standalone_mode=False, obj=("editgauge", *words)
            )
    except click.ClickException as error:
        _show(error)
        return error.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception:  # noqa: BLE001 - the last resort, which keeps untrusted text harmless
        import traceback

        from editgauge.core.text import clean

        click.echo(clean(traceback.format_exc(), keep_newlines=True), err=True, nl=False)
        click.echo("editgauge: internal error; please report the lines above", err=True)
        return ExitCode.INTERNAL_ERROR
    sys.stdout.flush()
    return result if isinstance(result, int) else ExitCode.OK


@contextlib.contextmanager
def _clean_warnings() -> Iterator[None]:
    """Let Python's warnings, which may quote data, go through the same cleaning as all text."""
    former = warnings.formatwarning

    def clean_warning(*args: Any, **kwargs: Any) -> str:
        from editgauge.core.text import clean

        return clean(former(*args, **kwargs), keep_newlines=True)

    warnings.formatwarning = clean_warning
    try:
        yield
    finally:
        warnings.formatwarning = former


def _show(error: click.ClickException) -> None:
    # Not `error.show()`, which drops escape sequences instead of making them visible.
    from editgauge.core.text import clean

    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        click.echo(clean(context.get_usage(), keep_newlines=True), err=True)
        click.echo(f"Try '{clean(context.command_path)} --help' for help.\n", err=True)
    click.echo(f"Error: {clean(error.format_message(), keep_newlines=True)}", err=True)
