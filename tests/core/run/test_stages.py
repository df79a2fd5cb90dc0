"""What a stage does with answers that cannot be, and with samples that are missing."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.run.completion import Completion
from editgauge.core.run.content_keys import ContentKeys
from editgauge.core.run.scheduler import Assignment
from editgauge.core.run.score_stage import ScoreStage
from editgauge.core.run.stages import StagePlan, StageTools
from editgauge.core.run.store import RunStore, read_results
from editgauge.core.run.summary import Tally
from editgauge.core.samples import Sample
from editgauge.core.workers import pool as pools
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.devices import Binding
from editgauge.core.workers.worker import Worker, WorkerPlan, WorkerState
from tests.support.plugin import CountingConfig, SleepingConfig

if TYPE_CHECKING:
    from editgauge.core.hooks.events import Event

REPLY = {
    "kind": "reply",
    "position": 0,
    "text": "Score: 7",
    "truncated": False,
    "images_sha256": ["a", "b"],
    "value": None,
    "seconds": 0.5,
}


class Judging:
    """A stage of the judge without processes."""

    def __init__(self, folder: Path, *, planned: int = 2, given: int = 2) -> None:
        self.store = RunStore.create(folder, "test")
        self.events: list[Event] = []
        config = CountingConfig.model_validate({"type": "counting"})
        settings = WorkersConfig.model_validate({"devices": ["cpu", "cpu"], "request_timeout": 60})
        binding = Binding(devices=("cpu",), torch_device="cpu", environment={})
        self.stage = ScoreStage(
            StagePlan(samples=planned, requested=planned, batch_size=2, detail=""),
            (
                Sample(id=f"s{index}", index=index, images=("x.png",), instruction="do")
                for index in range(given)
            ),
            WorkerPlan(
                stage="score",
                target="",
                config={},
                interpreter="",
                bindings=(binding, binding),
                settings=settings,
                log_folder=self.store.logs,
            ),
            StageTools(
                store=self.store,
                completion=Completion(planned),
                keys=ContentKeys(
                    seed=0,
                    edit=SleepingConfig(type="sleeping"),
                    reward=config,
                    rubrics=load_rubrics(config),
                    fingerprints={},
                ),
                tally=Tally([("", 0)]),
                emit=self.events.append,
                inbox=lambda _message: None,
                budget=RunBudget(50),
            ),
            config=config,
            rubrics=load_rubrics(config),
            score_range=(0.0, 10.0),
            not_edited=iter(()),
        )

    def worker(self) -> Worker:
        return self.stage.pool.workers[0]


@pytest.fixture
def judging(tmp_path: Path) -> Judging:
    return Judging(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "much"},
        {"value": [1]},
        {"seconds": None},
        {"seconds": "long"},
        {"position": float("inf")},
        {"position": 2},
    ],
)
def test_a_reply_that_cannot_be_used_leaves_its_sample_open(
    judging: Judging, changes: dict[str, Any]
) -> None:
    worker = judging.worker()
    tasks = judging.stage._scheduler.next_tasks()
    assignment = Assignment(tasks, started=0.0)
    judging.stage._in_hand[worker.name] = assignment
    judging.stage.frame_received(worker, REPLY | changes)
    assert assignment.sample_ids() == ("s0", "s1")
    assert list(read_results(judging.store.folder)) == []
    judging.stage.frame_received(worker, REPLY)
    (result,) = read_results(judging.store.folder)
    assert (result.id, assignment.sample_ids()) == ("s0", ("s1",))


def test_a_stage_that_lost_a_sample_does_not_end_as_a_success(tmp_path: Path) -> None:
    judging = Judging(tmp_path, planned=3, given=0)
    judging.stage.start()
    assert not judging.stage.needs_workers()
    with pytest.raises(RuntimeError, match="0 of 3 samples left the score stage"):
        judging.stage.finish(lambda: False)


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(pools, "time", stopped)
    return stopped


def test_time_in_which_the_parent_was_stopped_is_not_held_against_workers(
    tmp_path: Path, clock: Clock
) -> None:
    pool = Judging(tmp_path).stage.pool
    busy, other = pool.workers
    other.state = WorkerState.GONE
    killed: list[str] = []
    busy.process = _Process(killed)  # type: ignore[assignment]
    busy.state, busy.deadline = WorkerState.BUSY, clock.now + 60
    clock.now += 1
    pool.check_deadlines()
    # Ctrl-Z, and an hour later `fg`: the answer waits to be read.
    clock.now += 3600
    assert pool.check_deadlines() == pytest.approx(59)
    for _ in range(58):
        clock.now += 1
        pool.check_deadlines()
    assert not busy.timed_out
    clock.now += 1
    pool.check_deadlines()
    assert busy.timed_out
    assert killed == ["killed"]


@dataclasses.dataclass
class _Process:
    killed: list[str]

    def kill(self) -> None:
        self.killed.append("killed")
