"""How a run ends: status, exit code, the reason in words, and what to do next."""

import contextlib
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TextIO

from editgauge.core.datasets import DatasetError
from editgauge.core.hooks.plugin_manager import PluginError
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.preflight import PreflightError
from editgauge.core.run.result import RunResult
from editgauge.core.run.signals import RunInterruptedError
from editgauge.core.run.store import RunDirectoryError, RunStore, WriteError
from editgauge.core.text import clean, counted
from editgauge.core.workers.pool import WorkersLostError

_EXIT_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (WriteError, ExitCode.WRITE_ERROR),
    (WorkersLostError, ExitCode.WORKERS_LOST),
    (PreflightError, ExitCode.USAGE),
    (DatasetError, ExitCode.USAGE),
    (PluginError, ExitCode.USAGE),
    (RunDirectoryError, ExitCode.USAGE),
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended; `reason` is empty if all is well."""

    status: RunStatus
    exit_code: ExitCode
    reason: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Return the ending that an error means."""
        if isinstance(error, RunInterruptedError):
            return cls(RunStatus.INTERRUPTED, error.exit_code, str(error))
        for error_type, exit_code in _EXIT_CODES:
            if isinstance(error, error_type):
                return cls(RunStatus.FAILED, exit_code, str(error))
        return cls(
            RunStatus.FAILED,
            ExitCode.INTERNAL_ERROR,
            f"internal error, please report it: {type(error).__name__}: {error}",
        )


def advice(ending: Ending, store: RunStore, argv: tuple[str, ...]) -> str:
    """Return how to go on with a run that did not end well, or an empty string."""
    if ending.exit_code in (ExitCode.OK, ExitCode.USAGE, ExitCode.NOTHING_SELECTED):
        return ""
    failed = ending.exit_code == ExitCode.TOO_MANY_FAILURES
    introduction = "try failed samples again with:" if failed else "go on with:"
    if not argv:
        retry = ", retry_failed=True" if failed else ""
        call = f"editgauge.run(..., resume={str(store.folder)!r}{retry})"
        return f"{introduction} {call}, the rest as before"
    command = _without_run_dir(argv)
    if not any(word.startswith("--resume") for word in command):
        command += ["--resume", str(store.folder)]
    if failed and "--retry-failed" not in command:
        command.append("--retry-failed")
    return f"{introduction} {shlex.join(command)}"


def _without_run_dir(argv: tuple[str, ...]) -> list[str]:
    """Return a command line without `--run-dir`, which does not go with `--resume`."""
    words, rest = [], iter(argv)
    for word in rest:
        if word == "--run-dir":
            next(rest, None)
        elif not word.startswith("--run-dir="):
            words.append(word)
    return words


def say_last_words(result: RunResult, stderr: TextIO, *, shown: bool) -> None:
    """Say what no reporter could: which reporters failed, and what they did not get.

    Args:
        result: the end of the run.
        stderr: where people read.
        shown: whether a reporter has shown the end of the run there already.
    """
    lines = [
        f"reporter {failure.reporter!r} failed in {failure.hook} and was muted: {failure.error}"
        for failure in result.reporter_failures
    ]
    lines += [
        f"reporter {missed.reporter!r} did not get {counted(missed.events, 'event')}"
        + (" and is still busy" if missed.hung else "")
        for missed in result.undelivered
    ]
    if not shown:
        lines += result.reason.splitlines()
        lines += [result.advice] if result.advice else []
    say(lines, stderr)


def say(lines: Iterable[str], stderr: TextIO) -> None:
    """Write lines for people, cleaned, beside whatever reporters write."""
    # A stream that nobody reads any more (`2>&1 | head`) does not change how the run ends.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        stderr.writelines(f"editgauge: {clean(line)}\n" for line in lines)
        stderr.flush()
