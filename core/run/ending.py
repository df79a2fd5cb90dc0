"""How a run ends: status, exit code, the reason in words, and what to do next."""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO

from editgauge.core.config import ChosenReporter
from editgauge.core.config.layers import KEY_PREFIX
from editgauge.core.datasets import DatasetError
from editgauge.core.hooks.bus import Failure, Undelivered
from editgauge.core.hooks.plugin_manager import PluginError
from editgauge.core.hooks.recording import RECORDER, RECORDING
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.preflight import PreflightError
from editgauge.core.run.result import RunResult
from editgauge.core.run.signals import RunInterruptedError
from editgauge.core.run.store import RunDirectoryError, RunStore, WriteError
from editgauge.core.stopped_streams import write_if_taken
from editgauge.core.text import clean, counted
from editgauge.core.workers.pool import WorkersLostError
from editgauge.core.workers.redaction import MASK

_EXIT_CODES: tuple[tuple[type[Exception], ExitCode], ...] = (
    (WriteError, ExitCode.WRITE_ERROR),
    (WorkersLostError, ExitCode.WORKERS_LOST),
    (PreflightError, ExitCode.USAGE),
    (DatasetError, ExitCode.USAGE),
    (PluginError, ExitCode.USAGE),
    (RunDirectoryError, ExitCode.USAGE),
)
_OF_A_VARIABLE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
"""Keys that an environment variable can set: its name has no small letters and few signs."""


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


def advice(
    ending: Ending,
    store: RunStore,
    argv: tuple[str, ...],
    *,
    typed: tuple[str, ...] = (),
    failures: int = 0,
) -> str:
    """Return how to go on with a run that lacks something, or an empty string.

    Args:
        ending: how it ended.
        store: its directory.
        argv: the command line, secrets masked.
        typed: the command line as it was typed; what is masked in `argv` is left out of the advice,
            for a mask that is pasted would be another secret.
        failures: samples that failed; `max_failures` may allow some in a run that ends well.
    """
    if ending.exit_code in (ExitCode.USAGE, ExitCode.NOTHING_SELECTED):
        return ""
    if ending.exit_code == ExitCode.OK and not failures:
        return ""
    failed = ending.exit_code in (ExitCode.OK, ExitCode.TOO_MANY_FAILURES)
    introduction = "try failed samples again with:" if failed else "go on with:"
    if not argv:
        retry = ", retry_failed=True" if failed else ""
        call = f"editgauge.run(..., resume={str(store.folder)!r}{retry})"
        return f"{introduction} {call}, the rest as before"
    words, before = _without_secrets(argv, typed)
    command = _without_run_dir(words)
    if not any(word.startswith("--resume") for word in command):
        command += ["--resume", str(store.folder)]
    if failed and "--retry-failed" not in command:
        command.append("--retry-failed")
    return f"{before}{introduction} {shlex.join(command)}"


def _without_secrets(argv: tuple[str, ...], typed: tuple[str, ...]) -> tuple[list[str], str]:
    """Return a command line without overrides that are masked, and how to give them again."""
    words: list[str] = []
    keys, masked = [], False
    for word, original in zip(argv, typed or argv, strict=True):
        option = next((form for form in ("--override=", "-o") if word.startswith(form)), "")
        if word == original:
            words.append(word)
        elif option or words[-1:] in (["-o"], ["--override"]):
            keys.append(word.removeprefix(option).partition("=")[0].strip())
            if not option:
                words.pop()
        else:
            words.append(word)
            masked = True
    steps = [f"set {_variable(key)} to what was given for {key}" for key in dict.fromkeys(keys)]
    if masked:
        steps.append(f"write again what is {MASK} below")
    return words, f"{', '.join(steps)} (secrets are not repeated), and " if steps else ""


def _variable(key: str) -> str:
    """Return the environment variable, or else the option, that sets a key."""
    if _OF_A_VARIABLE.fullmatch(key) and "__" not in key:
        return KEY_PREFIX + key.upper().replace(".", "__")
    return f"-o {key}"


def _without_run_dir(argv: Iterable[str]) -> list[str]:
    """Return a command line without `--run-dir`, which does not go with `--resume`."""
    words, rest = [], iter(argv)
    for word in rest:
        if word == "--run-dir":
            next(rest, None)
        elif not word.startswith("--run-dir="):
            words.append(word)
    return words


def say_last_words(
    result: RunResult,
    stderr: TextIO,
    *,
    shown: bool,
    reporters: Sequence[ChosenReporter] = (),
    products: Iterable[Path] = (),
) -> None:
    """Say what no reporter could: what others made, which failed, and what they did not get.

    Args:
        result: the end of the run.
        stderr: where people read.
        shown: whether a reporter has shown the end of the run there already.
        reporters: those that took part; if one of them kept a recording of everything, the others
            can be given from it what they missed.
        products: files to look at that reporters have made.
    """
    lines = reporter_problems(result.reporter_failures, result.undelivered)
    made = [f"to look at: {path}" for path in products]
    if lines and (command := _catch_up(result, reporters)):
        lines.append(f"what they missed is in the recording: {command}")
    if not shown:
        lines += result.reason.splitlines()
        lines += [result.advice] if result.advice else []
    say([*lines, *made], stderr)


def reporter_problems(failures: Iterable[Failure], undelivered: Iterable[Undelivered]) -> list[str]:
    """Return a line for each reporter that failed, or did not get every event."""
    return [
        f"reporter {failure.reporter!r} failed in {failure.hook} and was muted: {failure.error}"
        for failure in failures
    ] + [
        f"reporter {missed.reporter!r} did not get {counted(missed.events, 'event')}"
        + (f" ({missed.steps:,} of them denoising steps)" if missed.steps else "")
        + (" and is still busy" if missed.hung else "")
        for missed in undelivered
    ]


def _catch_up(result: RunResult, reporters: Sequence[ChosenReporter]) -> str:
    """Return the command that gives reporters what they missed, or an empty string."""
    missed = dict.fromkeys(
        [failure.reporter for failure in result.reporter_failures]
        + [undelivered.reporter for undelivered in result.undelivered]
    )
    by_name = {chosen.name: chosen for chosen in reporters}
    behind = [by_name[name] for name in missed if name in by_name]
    if not behind or RECORDER not in by_name or RECORDER in missed:
        return ""
    kept = getattr(by_name[RECORDER].config, "path", "")
    recording = result.run_dir if kept == f"{{run_dir}}/{RECORDING}" else Path("RECORDING")
    words = [
        f"-r {found.registration.name}" + (":FILE" if hasattr(found.config, "path") else "")
        for found in behind
    ]
    return " ".join(["editgauge replay", shlex.quote(str(recording)), *words])


def say(lines: Iterable[str], stderr: TextIO) -> None:
    """Write lines for people, cleaned, beside whatever reporters write.

    A stream that nobody reads (`2>&1 | head`), or that takes nothing (a terminal stopped with
    Ctrl-S), does not change how the run ends.
    """
    if text := "".join(f"editgauge: {clean(line)}\n" for line in lines):
        write_if_taken(stderr, text)
