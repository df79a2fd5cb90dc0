"""How far a run is, from its events and workers."""

import json
from typing import Any

import pytest

from editgauge.core.hooks import events
from editgauge.core.run.scheduler import Assignment, Batch, Task
from editgauge.core.run.status import Progress, report_of
from editgauge.core.samples import Sample
from editgauge.core.workers.worker import Worker, WorkerState


def worker(name: str, state: WorkerState, *samples: str, **changes: Any) -> Worker:
    made = Worker(name=name, binding=None, threads=None, budget=None, state=state)  # type: ignore[arg-type]
    if samples:
        batch = Batch(1, len(samples), len(samples))
        tasks = (
            Task(Sample(id=sample, index=0, images=(), instruction=""), batch) for sample in samples
        )
        made.work = Assignment(tuple(tasks), started=100.0)
    for key, value in changes.items():
        setattr(made, key, value)
    return made


def stage(name: str, samples: int) -> events.StageStarted:
    return events.StageStarted(
        stage=name, samples=samples, batch_size=1, batches=samples, workers=2
    )


def started(name: str, sample: str) -> events.SampleStarted:
    return events.SampleStarted(
        worker=name, stage="edit", sample=sample, index=0, category="", instruction=""
    )


def finished(name: str, done: int, ok: int, of: int = 10) -> events.SampleFinished:
    return events.SampleFinished(
        worker=name,
        stage="edit",
        sample="a",
        index=0,
        category="",
        outcome="ok",
        seconds=1.0,
        attempt=1,
        done=done,
        of=of,
        ok=ok,
    )


def test_a_run_that_has_not_begun_is_starting() -> None:
    status = Progress().describe(now=5.0)
    assert (status["phase"], status["stage"], status["status"]) == ("starting", None, "running")
    assert (status["done"], status["of"], status["seconds_left"]) == (0, 0, None)
    assert report_of("run-1", status).lines == ("run-1: starting",)


def test_the_time_left_is_estimated_from_finished_samples() -> None:
    progress = Progress()
    progress.hear(stage("edit", 10), 0.0)
    assert progress.seconds_left(50.0) is None
    progress.hear(started("edit-0", "a"), 50.0)
    assert progress.seconds_left(55.0) is None
    progress.hear(finished("edit-0", 1, 1), 60.0)
    progress.hear(finished("edit-1", 2, 1), 70.0)
    # Two in twenty seconds, from the first that was handed out; loading does not count.
    assert progress.seconds_left(70.0) == 80.0
    progress.phase = "stopping"
    assert progress.seconds_left(70.0) is None


def test_samples_that_need_no_worker_do_not_shorten_the_time_left() -> None:
    progress = Progress()
    progress.hear(stage("score", 10), 0.0)
    for done in range(1, 6):
        progress.hear(finished("", done, 0), 1.0)
    progress.hear(started("score-0", "a"), 10.0)
    progress.hear(finished("score-0", 6, 1), 20.0)
    assert progress.seconds_left(20.0) == 40.0


def test_a_new_stage_counts_anew() -> None:
    progress = Progress()
    progress.hear(stage("edit", 10), 0.0)
    progress.hear(started("edit-0", "a"), 0.0)
    progress.hear(finished("edit-0", 1, 0), 1.0)
    assert progress.describe(1.0)["failed"] == 1
    progress.hear(stage("score", 4), 2.0)
    status = progress.describe(2.0)
    assert [status[key] for key in ("phase", "done", "of", "failed")] == ["score", 0, 4, 0]


def test_each_worker_says_what_it_has_in_hand_and_when_it_was_heard() -> None:
    progress = Progress()
    progress.hear(stage("edit", 10), 0.0)
    progress.workers = [
        worker("edit-0", WorkerState.BUSY, "boat", last_heard=108.5, starts=2),
        worker("edit-1", WorkerState.LOADING, last_heard=None, starts=1),
        worker("edit-2", WorkerState.WAITING),
    ]
    progress.hear(events.StepFinished(worker="edit-0", sample="boat", index=0, step=3, of=8), 108.5)
    status = progress.describe(110.0)
    assert status["workers"][0] == {
        "name": "edit-0",
        "state": "busy",
        "samples": ["boat"],
        "step": 3,
        "of": 8,
        "seconds": 10.0,
        "starts": 2,
        "silent_seconds": 1.5,
    }
    assert status["workers"][1]["silent_seconds"] is None
    json.dumps(status, allow_nan=False)
    assert report_of("run-1", status).lines == (
        "run-1: editing, 0 of 10 done",
        "  edit-0 busy with boat, 3 of 8, for 10 s, last heard 1.5 s ago, started 2 times",
        "  edit-1 loading",
        "  edit-2 waiting",
    )


@pytest.mark.parametrize(
    "event",
    [
        events.WorkerLost(worker="edit-0", stage="edit", reason="killed"),
        started("edit-0", "another"),
    ],
)
def test_steps_of_a_former_sample_are_forgotten(event: events.Event) -> None:
    progress = Progress()
    progress.hear(stage("edit", 10), 0.0)
    progress.workers = [worker("edit-0", WorkerState.BUSY, "boat")]
    progress.hear(events.StepFinished(worker="edit-0", sample="x", index=0, step=3, of=8), 1.0)
    progress.hear(event, 2.0)
    assert progress.describe(3.0)["workers"][0]["step"] is None


def test_a_judge_says_how_many_of_its_batch_are_done() -> None:
    progress = Progress()
    progress.hear(stage("score", 10), 0.0)
    judge = worker("score-0", WorkerState.BUSY, "a", "b", "c", "d", "e")
    judge.work.open.pop(0)
    progress.workers = [judge]
    status = progress.describe(110.0)
    assert (status["workers"][0]["step"], status["workers"][0]["of"]) == (1, 5)
    assert "busy with b, c, d and 1 more, 1 of 5" in report_of("r", status).lines[1]


def test_lines_hold_no_control_characters() -> None:
    progress = Progress()
    progress.hear(stage("edit", 10), 0.0)
    progress.workers = [worker("edit-0", WorkerState.BUSY, "evil\x1b[2J\n\u202e" + "x" * 5000)]
    lines = report_of("r", progress.describe(110.0)).lines
    assert all(line.isprintable() and len(line) < 200 for line in lines)
