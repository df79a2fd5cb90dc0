"""Tries the checks of a reporter in a process of its own, where it cannot harm whoever checks."""

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from editgauge.core.conformance.checks import CheckResult, Progress, State, try_checks
from editgauge.core.conformance.parts import Part
from editgauge.core.conformance.reporter_trials import ReporterTrial
from editgauge.core.conformance.reporters import REPORTER_CHECKS
from editgauge.core.conformance.targets import TargetError, target_problem
from editgauge.core.workers.environments import EnvironmentNotFoundError, locations

PLAY_SECONDS = 30.0
"""Time that one play of a run may take."""
_SLACK = 4
"""A check has so many times as long as one play, for it may play several runs."""
_START = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['path'];"
    "from editgauge.core.conformance.reporter_process import main; main(asked)"
)


def try_reporter(
    part: Part,
    *,
    skip: Collection[str],
    progress: Progress,
    seconds: float = PLAY_SECONDS,
) -> tuple[CheckResult, ...]:
    """Try every check of a reporter.

    Args:
        part: the reporter.
        skip: names of checks that are left out.
        progress: is told how far it is.
        seconds: how long one play of a run may take.
    """
    by_name = {check.name: check for check in REPORTER_CHECKS.described()}
    found: dict[str, CheckResult] = {}
    with tempfile.TemporaryDirectory(prefix="editgauge-check-") as folder:
        process, lines = _start(part, Path(folder), skip, seconds)
        present, reason = "", ""
        try:
            while True:
                try:
                    line = lines.get(timeout=seconds * _SLACK)
                except queue.Empty:
                    reason = f"did not come back within {seconds * _SLACK:g} s"
                    break
                if line is None:
                    code = process.wait()
                    reason = f"ended its process with exit code {code}" if code else ""
                    break
                if "begins" in line:
                    present = line["begins"]
                    progress.begins(by_name[present])
                else:
                    found[line["name"]] = result = _result(line)
                    progress.ends(result)
        finally:
            process.kill()
            process.wait()
    if reason and present and present not in found:
        found[present] = result = CheckResult(
            check=by_name[present], state="failed", messages=(f"the reporter {reason}",)
        )
        progress.ends(result)
    elif reason and not found:
        raise RuntimeError(f"the process of the reporter {reason}")
    return tuple(
        found.get(
            check.name,
            CheckResult(check=check, state="skipped", why_skipped="the process had ended"),
        )
        for check in by_name.values()
    )


def _start(
    part: Part, folder: Path, skip: Collection[str], seconds: float
) -> "tuple[subprocess.Popen[str], queue.SimpleQueue[dict[str, Any] | None]]":
    registration = part.registration
    config = type(part.config)
    # What is nowhere, the reporter's process cannot import either: `made` finds that.
    places: dict[str, Any] = {}
    for target in (registration.target, f"{config.__module__}:"):
        with contextlib.suppress(EnvironmentNotFoundError):
            places |= locations(target)
    asked = {
        "path": sys.path,
        "places": places,
        "target": registration.target,
        "config": f"{config.__module__}:{config.__qualname__}",
        "options": {key: value for key, value in part.given.items() if key != "type"},
        "folder": str(folder),
        "skip": list(skip),
        "seconds": seconds,
    }
    reader, writer = os.pipe()
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=subprocess.DEVNULL,
            pass_fds=(writer,),
            cwd=folder,
            text=True,
        )
    os.close(writer)
    if process.stdin is None:
        raise AssertionError("a pipe was asked for")
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps({**asked, "answers": writer}))
    lines: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def read() -> None:
        with os.fdopen(reader, encoding="utf-8") as file:
            for line in file:
                lines.put(json.loads(line))
        lines.put(None)

    threading.Thread(target=read, daemon=True, name="conformance-reporter").start()
    return process, lines


def _result(line: dict[str, Any]) -> CheckResult:
    state: State = line["state"]
    (check,) = (check for check in REPORTER_CHECKS.described() if check.name == line["name"])
    return CheckResult(
        check=replace(check, mend=line["mend"]),
        state=state,
        messages=tuple(line["messages"]),
        why_skipped=line["why_skipped"],
    )


def main(asked: dict[str, Any]) -> None:
    """Try the checks, and say what came of each over the descriptor that was given."""
    from editgauge.core.config.pydantic_problems import validate
    from editgauge.core.workers.child import LocationFinder

    places = {name: place for name, place in asked["places"].items() if name != "editgauge"}
    sys.meta_path.insert(0, LocationFinder(places))
    answers = os.fdopen(asked["answers"], "w", encoding="utf-8", buffering=1)

    def say(**line: Any) -> None:
        answers.write(json.dumps(line) + "\n")

    config, problems = validate(_import(asked["config"]), asked["options"])
    if config is None:
        raise SystemExit("\n".join(str(problem) for problem in problems))
    folder = Path(asked["folder"])
    trial = ReporterTrial(
        _Target(asked["target"]),
        config,
        folder=folder,
        seconds=asked["seconds"],
        printed=folder / "printed.txt",
    )
    for implemented in REPORTER_CHECKS.all:
        alone = type(REPORTER_CHECKS)(implemented)
        (result,) = try_checks(
            alone, trial, skip=asked["skip"], progress=Progress(begins=lambda c: say(begins=c.name))
        )
        say(
            name=result.check.name,
            state=result.state,
            mend=result.check.mend,
            messages=result.messages,
            why_skipped=result.why_skipped,
        )
    answers.close()
    sys.stdout.flush()
    # Threads of the reporter must not hold this process.
    os._exit(0)


class _Target:
    """Imports the target when it is called, so that what goes wrong belongs to a check."""

    def __init__(self, target: str) -> None:
        self._target = target

    def __call__(self, config: Any, context: Any) -> Any:
        try:
            made = _import(self._target)
        except Exception as error:
            if problem := target_problem(self._target, error):
                raise TargetError(problem) from error
            raise
        return made(config, context)


def _import(target: str) -> Any:
    module, _, name = target.partition(":")
    value: Any = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value
