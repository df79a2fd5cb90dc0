"""`kill -9` of a worker with a real pipeline, in the middle of an image."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.core.hooks.events import (
    Event,
    RunEvent,
    SampleRetried,
    StepEvent,
    StepFinished,
    WorkerLost,
    WorkerStarted,
)
from tests.end_to_end.commands import pictures, pixels
from tests.end_to_end.re_edit_file import edit_here, write_re_edit_file
from tests.support.runs import Recorder

STEPS = 20
PIXELS = 64 * 64
SEED = 7
KILLED_AT = 3


class Killer:
    """Kills the worker that is first at a step, as soon as it hears of it."""

    def __init__(self) -> None:
        self.pids: dict[str, int] = {}
        self.victim: StepFinished | None = None

    @editgauge.hookimpl
    def run_event(self, event: RunEvent) -> None:
        if isinstance(event, WorkerStarted):
            self.pids[event.worker] = event.pid

    @editgauge.hookimpl
    def step_event(self, event: StepEvent) -> None:
        assert isinstance(event, StepFinished)
        if self.victim is None and event.step == KILLED_AT:
            self.victim = event
            os.kill(self.pids[event.worker], signal.SIGKILL)


@pytest.mark.models
def test_a_sample_whose_worker_was_killed_gets_the_same_picture(tmp_path: Path) -> None:
    ids = write_re_edit_file(tmp_path / "RE-Edit.json")
    killer, recorder = Killer(), Recorder()
    result = editgauge.run(_config(tmp_path), reporters=[killer, recorder])
    victim = killer.victim
    assert victim is not None
    assert (result.exit_code, result.reason, result.samples) == (0, "", 3)

    (lost,) = recorder.of(WorkerLost)
    assert (lost.worker, lost.samples) == (victim.worker, (victim.sample,))
    assert lost.reason.startswith("killed by SIGKILL")
    (retried,) = recorder.of(SampleRetried)
    assert (retried.sample, retried.attempt) == (victim.sample, 1)
    attempts = {item.id: item.edit.attempt for item in result.results() if item.edit}
    assert attempts == {name: 2 if name == victim.sample else 1 for name in ids[:3]}
    steps = [
        (event.attempt, event.step)
        for event in recorder.of(StepFinished)
        if event.sample == victim.sample
    ]
    # In the middle of the image: the first attempt began and did not come to its end.
    first = [step for attempt, step in steps if attempt == 1]
    assert KILLED_AT <= len(first) < STEPS
    assert [step for attempt, step in steps if attempt == 2] == list(range(1, STEPS + 1))
    _check_started(recorder.events, victim.worker)

    # What the same model makes where nothing happens to it.
    edited = [item.edit.image for item in result.results() if item.edit and item.edit.image]
    assert [pixels(result.run_dir / image) for image in edited] == edit_here(
        tmp_path / "RE-Edit.json", ids[:3], seed=SEED, steps=STEPS, pixels=PIXELS
    )
    assert len(set(pictures(result.run_dir).values())) == 3


def _config(folder: Path) -> dict[str, Any]:
    return {
        "dataset": {"type": "re-edit", "path": str(folder / "RE-Edit.json"), "limit": 3},
        "edit": {
            "type": "miniature-qwen-edit",
            "steps": STEPS,
            "pixels": PIXELS,
            # Replaced at once, before the other worker has done all that is left.
            "workers": {"devices": ["cpu", "cpu"], "parallel_loads": 2, "restart_pause": 0},
        },
        "seed": SEED,
        "runs_dir": str(folder / "runs"),
        "progress": "none",
    }


def _check_started(events: list[Event], victim: str) -> None:
    """The lost worker was replaced, by the same model on the same device."""
    starts = [event for event in events if isinstance(event, WorkerStarted)]
    assert [event.start for event in starts if event.worker == victim] == [1, 2]
    assert len({event.pid for event in starts}) == len(starts) == 3
