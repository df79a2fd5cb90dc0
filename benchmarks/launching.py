"""Starts measured runs: data, a specification, a process, and a pretend terminal if wanted."""

import json
import os
import pty
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TERMINAL_SIZE = (30, 100)
"""Rows and columns of the pretend terminal."""
_TOLD_BYTES = 4_000
_CHANGES_THE_DISPLAY = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")


class BenchmarkError(Exception):
    """A run did not do what is to be measured, so there is no figure."""


@dataclass(frozen=True, slots=True)
class StageMarks:
    """When a stage's work began and ended, in seconds of the run.

    Attributes:
        first_ready: the first worker had loaded its model.
        last_ready: the last one had.
        first_started: the first sample was handed out.
        last_finished: the last sample's row was on disk.
        samples: samples that left the stage.
        ok: how many of them were `ok`.
    """

    first_ready: float
    last_ready: float
    first_started: float
    last_finished: float
    samples: int
    ok: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is known of a run that was measured.

    Attributes:
        total: seconds from the start of its process to the end of it.
        phases: seconds of each phase.
        stages: marks of each stage.
        run_seconds: duration of the run by its own account.
        undelivered: events that a reporter did not get.
        muted: what reporters raised.
        cpu_seconds: processor time of the parent process, its start included.
        peak_memory: greatest resident memory of the parent in bytes; None where it is not told.
        terminal_bytes: what was written to the terminal.
        folder: the run directory's parent, which lives as long as the caller's folder.
    """

    total: float
    phases: dict[str, float]
    stages: dict[str, StageMarks]
    run_seconds: float
    undelivered: int
    muted: tuple[str, ...]
    cpu_seconds: float
    peak_memory: int | None
    terminal_bytes: int
    folder: Path


class Terminal:
    """A pseudo-terminal whose output is read and counted, as a terminal program would."""

    def __init__(self) -> None:
        """Open it and start to read."""
        self._reader, self.writer = pty.openpty()
        termios.tcsetwinsize(self.writer, TERMINAL_SIZE)
        self.bytes = 0
        self._last: deque[bytes] = deque(maxlen=20)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._reader, 65536)
            except OSError:  # Linux says so when the last writer is gone
                return
            if not data:
                return
            self.bytes += len(data)
            self._last.append(data)

    def close(self) -> str:
        """Wait for the end of what was written, and return the last of it."""
        os.close(self.writer)
        self._thread.join()
        os.close(self._reader)
        return b"".join(self._last)[-_TOLD_BYTES:].decode("utf-8", "replace")


def make_dataset(folder: Path, samples: int) -> Path:
    """Write a jsonl file of samples that share one small source picture; return its path."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (64, 64), "red").save(folder / "source.png")
    path = folder / f"{samples}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(samples):
            row = {
                "id": f"sample-{number:06}",
                "image": "source.png",
                "instruction": f"Paint the wall behind the table in colour number {number}.",
                "category": ("physical", "causal", "temporal")[number % 3],
            }
            file.write(json.dumps(row) + "\n")
    return path


def meeting_place(folder: Path) -> str:
    """Return a new folder where the workers of one run meet."""
    return tempfile.mkdtemp(prefix="meeting-", dir=folder)


def measure(
    folder: Path,
    config: Mapping[str, Any],
    *,
    reporters: Mapping[str, Mapping[str, Any]],
    policy: str = "pull",
    terminal: bool = False,
    may_be_muted: bool = False,
) -> Measured:
    """Run a config in a process of its own and return what was measured.

    Args:
        folder: where the run goes; it is made if missing.
        config: the run's configuration, without `runs_dir`.
        reporters: exactly the reporters of the run, with their options.
        policy: how samples are handed out (`benchmarks.policies`).
        terminal: whether stderr is a pretend terminal; if not, a file.
        may_be_muted: whether a reporter may raise.

    Raises:
        BenchmarkError: the run did not end well, so it measures nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "spec.json"
    spec = {
        "config": {**config, "runs_dir": str(folder / "runs")},
        "reporters": reporters,
        "policy": policy,
    }
    path.write_text(json.dumps(spec), encoding="utf-8")
    screen = Terminal() if terminal else None
    with (folder / "stderr.txt").open("w+b") as file:
        started = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.one_run", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file if screen is None else screen.writer,
            env=_environment(),
            cwd=Path(__file__).resolve().parent.parent,
            check=False,
        )
        total = time.monotonic() - started
        file.seek(0)
        told = file.read()[-_TOLD_BYTES:].decode("utf-8", "replace")
    told = told if screen is None else screen.close()
    result = path.with_suffix(".measured.json")
    if process.returncode != 0 or not result.is_file():
        raise BenchmarkError(f"the run's process ended with {process.returncode}:\n{told}")
    found = json.loads(result.read_text(encoding="utf-8"))
    muted = () if may_be_muted else found["muted"]
    if found["exit_code"] != 0 or found["lost"] or muted:
        raise BenchmarkError(
            f"the run ended with exit code {found['exit_code']}, {found['lost']} lost workers and "
            f"muted reporters {muted}: {found['reason']}\n{told}"
        )
    return Measured(
        total=total,
        phases=found["phases"],
        stages={name: StageMarks(**marks) for name, marks in found["stages"].items()},
        run_seconds=found["run_seconds"],
        undelivered=found["undelivered"],
        muted=tuple(found["muted"]),
        cpu_seconds=found["cpu_seconds"],
        peak_memory=found["peak_memory"],
        terminal_bytes=0 if screen is None else screen.bytes,
        folder=folder,
    )


def _environment() -> dict[str, str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _CHANGES_THE_DISPLAY and not name.startswith("EDITGAUGE_")
    }
    return environment | {"TERM": "xterm-256color"}


def say(text: str) -> None:
    """Say how far the benchmark is, on stderr, so that stdout has the figures alone."""
    print(text, file=sys.stderr, flush=True)


def load_average() -> str:
    """Return the machine's load of the last minute and its processors, for the report."""
    return f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors"
