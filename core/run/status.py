"""How far a run is, for watchers and people: followed by its events, told as data or in lines."""

from typing import Any

from editgauge.core.hooks.events import (
    Event,
    PhaseStarted,
    SampleFinished,
    SampleStarted,
    StageStarted,
    StatusReported,
    StepFinished,
    WorkerLost,
)
from editgauge.core.outcomes import RunStatus
from editgauge.core.text import clean, clean_start, duration
from editgauge.core.workers.worker import Worker

FORMAT = {"major": 1, "minor": 0}

_PHASES = {
    "starting": "starting",
    "dataset": "reading the dataset",
    "preflight": "checking the workers' environments",
    "review": "reviewing earlier results",
    "edit": "editing",
    "score": "scoring",
    "stopping": "stopping the workers",
    "draining": "waiting for reporters",
    "ended": "ended",
}
_NAMED_SAMPLES = 3
_ID_LENGTH = 60


class Progress:
    """How far a run is; times are of the clock whose `now` is given."""

    def __init__(self) -> None:
        """Begin before the first phase."""
        self.status = RunStatus.RUNNING
        self.exit_code: int | None = None
        self.phase = "starting"
        self.stage = ""
        self.done = 0
        self.of = 0
        self.ok = 0
        self.workers: list[Worker] = []
        """The workers of the present stage."""
        self.reporters: list[str] = []
        """Which reporters failed, and what others did not get, in words; known at the end."""
        self._first_started: float | None = None
        self._done_by_workers = 0
        self._steps: dict[str, tuple[int, int]] = {}

    def hear(self, event: Event, now: float) -> None:
        """Follow an event."""
        match event:
            case PhaseStarted():
                self.phase = event.phase
            case StageStarted():
                self.phase = self.stage = event.stage
                self.done, self.of, self.ok = 0, event.samples, 0
                self._first_started, self._done_by_workers = None, 0
                self._steps = {}
            case SampleStarted():
                if self._first_started is None:
                    self._first_started = now
                self._steps.pop(event.worker, None)
            case StepFinished():
                self._steps[event.worker] = (event.step, event.of)
            case SampleFinished():
                self.done, self.of, self.ok = event.done, event.of, event.ok
                # What leaves without a worker takes no time, and says nothing of the others.
                self._done_by_workers += event.worker != ""
            case WorkerLost():
                self._steps.pop(event.worker, None)

    def seconds_left(self, now: float) -> float | None:
        """Return an estimate of the time left in the stage; None outside, and without samples."""
        if self.phase != self.stage or self._first_started is None or not self._done_by_workers:
            return None
        pace = (now - self._first_started) / self._done_by_workers
        return round(pace * (self.of - self.done), 1)

    def describe(self, now: float) -> dict[str, Any]:
        """Return it as JSON data; `status.json` in docs/run-directory.md has every key."""
        return {
            "status": str(self.status),
            "exit_code": self.exit_code,
            "phase": self.phase,
            "stage": self.stage or None,
            "done": self.done,
            "of": self.of,
            "ok": self.ok,
            "failed": self.done - self.ok,
            "seconds_left": self.seconds_left(now),
            "workers": [self._worker(worker, now) for worker in self.workers],
            "reporters": self.reporters,
        }

    def _worker(self, worker: Worker, now: float) -> dict[str, Any]:
        work, heard = worker.work, worker.last_heard
        step, of = self._steps.get(worker.name, (None, None)) if work is not None else (None, None)
        if work is not None and self.stage == "score":
            step, of = len(work.tasks) - len(work.open), len(work.tasks)
        return {
            "name": worker.name,
            "state": worker.state.value,
            "samples": list(work.sample_ids()) if work is not None else [],
            "step": step,
            "of": of,
            "seconds": round(now - work.started, 1) if work is not None else None,
            "starts": worker.starts,
            "silent_seconds": round(now - heard, 1) if heard is not None else None,
        }


def report_of(run_id: str, status: dict[str, Any]) -> StatusReported:
    """Return the event that tells what `Progress.describe` returned."""
    return StatusReported(
        phase=status["phase"],
        stage=status["stage"] or "",
        done=status["done"],
        of=status["of"],
        failed=status["failed"],
        seconds_left=status["seconds_left"],
        lines=(
            _line_of_run(run_id, status),
            *(f"  {_line_of_worker(worker)}" for worker in status["workers"]),
        ),
    )


def _line_of_run(run_id: str, status: dict[str, Any]) -> str:
    parts = [f"{clean(run_id)}: {_PHASES.get(status['phase'], clean(status['phase']))}"]
    if status["stage"] is not None:
        parts.append(f"{status['done']:,} of {status['of']:,} done")
        parts += [f"{status['failed']:,} failed"] * (status["failed"] > 0)
    if status["seconds_left"] is not None:
        parts.append(f"about {duration(status['seconds_left'])} left")
    return ", ".join(parts)


def _line_of_worker(worker: dict[str, Any]) -> str:
    parts = [f"{worker['name']} {worker['state']}"]
    if worker["samples"]:
        names = [clean_start(name, _ID_LENGTH) for name in worker["samples"][:_NAMED_SAMPLES]]
        more = len(worker["samples"]) - len(names)
        parts[0] += f" with {', '.join(names)}" + (f" and {more} more" if more else "")
    if worker["step"] is not None:
        parts.append(f"{worker['step']} of {worker['of']}")
    if worker["seconds"] is not None:
        parts.append(f"for {duration(worker['seconds'])}")
    if worker["silent_seconds"] is not None and worker["state"] != "gone":
        parts.append(f"last heard {duration(worker['silent_seconds'])} ago")
    if worker["starts"] > 1:
        parts.append(f"started {worker['starts']} times")
    return ", ".join(parts)
