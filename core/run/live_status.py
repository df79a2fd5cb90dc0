"""Keeps `status.json` up to date and answers who asks by SIGUSR1, from the run's own loop."""

import contextlib
import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from editgauge.core.hooks.events import Event, LogEmitted, StageStarted
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.manifest import utc_now
from editgauge.core.run.status import FORMAT, Progress, report_of
from editgauge.core.text import dump_json_document
from editgauge.core.whole_files import replacing
from editgauge.core.workers.worker import Worker

WRITE_SECONDS = 2.0
"""Time between two versions of `status.json`; a change of stage or phase does not wait for it."""


class LiveStatus:
    """Follows the events of a run on their way to the bus.

    It has no thread of its own: whatever takes long calls `beat` again and again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        emit: Callable[[Event], None],
        say: Callable[[Sequence[str]], None],
        told_by_reporter: bool,
        is_asked: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare it; the first `beat` writes.

        Args:
            folder: the run directory.
            emit: takes events.
            say: writes lines to stderr.
            told_by_reporter: whether a reporter writes there, so that its lines are not torn.
            is_asked: returns whether somebody asked for the state since it was called last.
            clock: the time, in seconds; that of the workers' `last_heard`.
        """
        self.progress = Progress()
        self._path = folder / "status.json"
        self._run_id = folder.name
        self._started = utc_now()
        self._emit = emit
        self._say = say
        self._told_by_reporter = told_by_reporter
        self._clock = clock
        self._thread = threading.get_ident()
        self._due = clock()
        self._warned = False
        self._former = _read(self._path)
        self._was_put_back = False
        self._is_asked = is_asked

    def emit(self, event: Event) -> None:
        """Follow an event and pass it on."""
        before = self.progress.phase
        self.progress.hear(event, self._clock())
        if self.progress.phase != before or isinstance(event, StageStarted):
            self._due = self._clock()
        self._emit(event)

    def watch(self, workers: list[Worker]) -> None:
        """Tell of these workers from now on: a stage begins."""
        self.progress.workers = workers

    def enter(self, phase: str) -> None:
        """Take note of a phase that has no event."""
        self.progress.phase = phase
        self._due = self._clock()
        self.beat()

    def end(self, status: RunStatus, exit_code: ExitCode) -> None:
        """Take note of how the run ends; reporters may still be at work."""
        self.progress.status, self.progress.exit_code = status, int(exit_code)
        self.enter("draining")

    def put_back(self) -> None:
        """Let `status.json` be what it was before this start, which was refused, from now on."""
        self._was_put_back = True
        with contextlib.suppress(OSError):
            if self._former is None:
                self._path.unlink(missing_ok=True)
                return
            data, written = self._former
            with replacing(self._path) as file:
                file.write(data)
            os.utime(self._path, ns=(written, written))

    def beat(self) -> None:
        """Write the state if it is time, and tell it if somebody asked.

        In other threads than the run's, nothing happens.
        """
        if threading.get_ident() != self._thread:
            return
        if self._is_asked():
            report = report_of(self._run_id, self.progress.describe(self._clock()))
            self._tell(report, report.lines)
        if self._clock() >= self._due and not self._was_put_back:
            self._write()

    def _write(self) -> None:
        now = self._clock()
        self._due = now + WRITE_SECONDS
        status = {
            "format": FORMAT,
            "run_id": self._run_id,
            "pid": os.getpid(),
            "host": platform.node(),
            "started": self._started,
            "updated": utc_now(),
            **self.progress.describe(now),
        }
        try:
            with replacing(self._path) as file:
                file.write(f"{dump_json_document(status)}\n".encode("ascii"))
        except OSError as error:
            # No result is lost with it, so the run goes on; it tries again, and says it once.
            if not self._warned:
                self._warned = True
                text = f"cannot write {self._path}: {error.strerror or error}; the run goes on"
                self._tell(LogEmitted(level="warning", text=text), [text])

    def _tell(self, event: Event, lines: Sequence[str]) -> None:
        self._emit(event)
        # Once reporters hear nothing more, nobody else is left to say it.
        if not self._told_by_reporter or self.progress.phase == "ended":
            self._say(lines)


def _read(path: Path) -> tuple[bytes, int] | None:
    """Return what is in a file, and when that was written; None if there is none to be read."""
    try:
        return path.read_bytes(), path.stat().st_mtime_ns
    except OSError:
        return None
