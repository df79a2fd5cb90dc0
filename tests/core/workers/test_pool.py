"""A pool without processes and with a clock of its own: who is started again, and when."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import editgauge
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.hooks.events import Event, WorkerLost
from editgauge.core.workers import pool as pools
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.devices import Binding
from editgauge.core.workers.pool import WorkerPool, WorkersLostError
from editgauge.core.workers.process import FrameReceived, LineWritten, ProcessExited, WorkerProcess
from editgauge.core.workers.protocol import Frame, hello
from editgauge.core.workers.worker import Worker, WorkerPlan, WorkerState


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


class Process:
    """Takes the place of a worker's process; the test says what it says."""

    started = 0.0
    refuse: OSError | None = None

    def __init__(self, name: str, **_settings: Any) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.name = name
        self.killed = False
        self.last_lines = ["the last line"]

    def send(self, frame: Frame) -> None: ...

    def wait_for_pid(self) -> int:
        return 7

    def kill(self) -> None:
        self.killed = True


@dataclass
class Work:
    name: str

    def sample_ids(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass
class Owner:
    """A stage that always has work, and keeps what it is told."""

    lost: list[tuple[str, bool, bool]] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    needs: bool = True
    on_loss: Callable[[], None] = lambda: None

    def worker_ready(self, worker: Worker) -> None: ...

    def frame_received(self, worker: Worker, frame: Frame) -> None:
        del worker
        self.frames.append(frame["kind"])

    def work_lost(
        self, worker: Worker, work: Work, *, reason: str, begun: bool, timed_out: bool
    ) -> None:
        del worker, reason
        self.lost.append((work.name, begun, timed_out))
        self.on_loss()

    def needs_workers(self) -> bool:
        return self.needs


class Pool:
    """A pool of `number` workers that load one at a time."""

    def __init__(self, number: int = 1, *, allowed: int = 50, **settings: Any) -> None:
        self.owner = Owner()
        self.events: list[Event] = []
        binding = Binding(devices=("cpu",), torch_device="cpu", environment={})
        self.pool = WorkerPool(
            WorkerPlan(
                stage="edit",
                target="tests.support.models:SleepingEditModel",
                config={},
                interpreter="python",
                bindings=(binding,) * number,
                settings=WorkersConfig.model_validate({"request_timeout": 900.0, **settings}),
                log_folder=Path("logs"),
            ),
            self.owner,
            inbox=lambda _message: None,
            emit=self.events.append,
            budget=RunBudget(allowed),
        )
        self.workers = self.pool.workers

    def process(self, number: int = 0) -> WorkerProcess:
        process = self.workers[number].process
        assert process is not None
        return process

    def say(self, kind: str, number: int = 0, **fields: Any) -> None:
        frame = {"kind": kind, "request": self.workers[number].requests, **_WHOLE.get(kind, {})}
        self.pool.handle(FrameReceived(self.process(number), {**frame, **fields}))

    def load(self, number: int = 0) -> None:
        self.say("hello", number, **_without_kind(hello(editgauge.__version__)))
        self.say("ready", number)

    def work(self, number: int = 0, name: str = "s") -> None:
        self.pool.assign(self.workers[number], Work(name), {"kind": "edit"})

    def die(self, number: int = 0, reason: str = "killed by SIGSEGV") -> None:
        self.pool.handle(ProcessExited(self.process(number), -11, reason))

    def state(self, number: int = 0) -> WorkerState:
        return self.workers[number].state

    def losses(self) -> list[WorkerLost]:
        return [event for event in self.events if isinstance(event, WorkerLost)]


_WHOLE: dict[str, Frame] = {
    "ready": {"versions": {}, "details": {}},
    "load_failed": {"error": "told to fail"},
    "step": {"step": 1, "of": 2},
    "edited": {
        "seconds": 1.0,
        "width": 8,
        "height": 8,
        "sources_sha256": [],
        "image_sha256": "",
    },
    "failed": {"seconds": 1.0, "error": "told to fail"},
    "device_lost": {"error": "gone"},
}
"""What the frames that are made here have to hold beside what a test looks at."""


def _without_kind(frame: Frame) -> Frame:
    return {key: value for key, value in frame.items() if key != "kind"}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(pools, "time", stopped)
    monkeypatch.setattr(pools, "WorkerProcess", Process)
    monkeypatch.setattr(Process, "refuse", None)
    return stopped


def _ready(number: int = 1, **settings: Any) -> Pool:
    pool = Pool(number, **settings)
    pool.pool.start()
    for index in range(number):
        pool.load(index)
    return pool


def test_a_lost_worker_rests_and_is_started_when_its_pause_is_over(clock: Clock) -> None:
    pool = _ready(max_restarts=3, restart_pause=1)
    for pause in (1.0, 2.0, 4.0):
        pool.die()
        assert pool.losses()[-1].restart_in == pause
        assert pool.state() is WorkerState.WAITING
        assert pool.pool.check_deadlines() == pytest.approx(pause)
        clock.now += pause - 0.01
        assert pool.pool.check_deadlines() == pytest.approx(0.01)
        assert pool.workers[0].process is None
        clock.now += 0.01
        assert pool.pool.check_deadlines() > 100
        assert pool.state() is WorkerState.LOADING
    with pytest.raises(WorkersLostError, match=r"workers.max_restarts \(3\) allows"):
        pool.die()
    assert not pool.losses()[-1].will_restart


def test_without_a_pause_it_is_started_at_once() -> None:
    pool = _ready(max_restarts=1, restart_pause=0)
    pool.die()
    assert pool.losses()[-1].restart_in == 0
    assert pool.state() is WorkerState.LOADING


def test_a_sample_that_leaves_at_a_worker_begins_a_new_row() -> None:
    pool = _ready(max_restarts=1, restart_pause=0)
    for _ in range(5):
        pool.die()
        pool.load()
        pool.pool.sample_left("edit-0")
    pool.die()
    pool.pool.sample_left("edit-1")
    with pytest.raises(WorkersLostError):
        pool.die()


def test_a_sample_that_is_set_aside_at_the_loss_begins_a_new_row() -> None:
    pool = _ready(max_restarts=2, restart_pause=0)
    pool.die()
    pool.load()
    pool.work()
    pool.owner.on_loss = lambda: pool.pool.sample_left("edit-0")
    pool.die()
    assert pool.workers[0].budget.losses == 0


def test_the_run_has_a_budget_over_all_workers() -> None:
    pool = _ready(3, allowed=2, restart_pause=0)
    pool.die(0)
    pool.die(1)
    with pytest.raises(
        WorkersLostError, match="3 workers were lost, and max_lost_workers allows 2"
    ):
        pool.die(2)
    assert [loss.will_restart for loss in pool.losses()] == [True, True, False]


def test_a_worker_that_is_lost_when_nothing_is_left_ends_no_run() -> None:
    pool = _ready(allowed=0, max_restarts=0)
    pool.owner.needs = False
    pool.die()
    assert pool.state() is WorkerState.GONE


def test_pauses_do_not_hold_up_others(clock: Clock) -> None:
    pool = _ready(2, restart_pause=10)
    pool.die(0)
    pool.work(1)
    clock.now += 3
    assert pool.pool.check_deadlines() == pytest.approx(7)
    pool.die(1)
    clock.now += 7
    pool.pool.check_deadlines()
    # Only one may load at a time; the other one's pause is not over, either.
    states = [worker.state for worker in pool.workers]
    assert states == [WorkerState.LOADING, WorkerState.WAITING]
    clock.now += 3
    assert pool.pool.check_deadlines() > 100
    assert pool.state(1) is WorkerState.WAITING
    pool.load(0)
    assert pool.state(1) is WorkerState.LOADING


def test_workers_that_cannot_start_wait_for_one_that_can_and_then_rest(clock: Clock) -> None:
    pool = Pool(3, parallel_loads=3, restart_pause=5, max_restarts=1)
    pool.pool.start()
    pool.die(0)
    pool.die(1)
    assert [loss.restart_in for loss in pool.losses()] == [None, None]
    clock.now += 1
    pool.load(2)
    assert pool.state() is WorkerState.WAITING
    assert pool.pool.check_deadlines() == pytest.approx(4)
    clock.now += 4
    pool.pool.check_deadlines()
    assert [pool.state(), pool.state(1)] == [WorkerState.LOADING] * 2


def test_if_none_can_start_the_run_ends_without_a_pause() -> None:
    pool = Pool(2, parallel_loads=2, restart_pause=60)
    pool.pool.start()
    pool.die(0)
    with pytest.raises(WorkersLostError, match="no edit worker could be started: edit-1, killed"):
        pool.die(1)


def test_a_process_that_cannot_be_made_is_a_lost_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _ready(2, restart_pause=0, max_restarts=1)
    monkeypatch.setattr(Process, "refuse", OSError(errno.EAGAIN, "no more processes"))
    pool.die(0)
    pool.pool.check_deadlines()
    assert pool.losses()[-1].reason == "cannot be started: no more processes"
    assert pool.state() is WorkerState.GONE
    assert pool.state(1) is WorkerState.READY


def test_a_log_that_cannot_be_made_is_no_lost_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Pool()
    monkeypatch.setattr(Process, "refuse", OSError(errno.ENOSPC, "full", "logs/edit-0.log"))
    with pytest.raises(OSError, match="full"):
        pool.pool.start()


@pytest.mark.parametrize("begun", [True, False])
def test_a_worker_is_lost_with_its_work_only_if_it_had_begun(begun: bool) -> None:
    pool = _ready(restart_pause=0)
    pool.work(name="s1")
    if begun:
        pool.say("began")
    pool.die()
    assert pool.owner.lost == [("s1", begun, False)]


def test_each_request_begins_anew() -> None:
    pool = _ready(restart_pause=0)
    pool.work(name="s1")
    pool.say("began")
    pool.say("edited")
    pool.pool.done(pool.workers[0])
    pool.work(name="s2")
    pool.die()
    assert pool.owner.lost == [("s2", False, False)]


@pytest.mark.parametrize("kind", ["edited", "step", "device_lost"])
def test_an_answer_to_a_request_that_was_not_begun_breaks_the_protocol(kind: str) -> None:
    pool = _ready()
    pool.work()
    pool.say(kind)
    assert pool.owner.frames == []
    assert pool.workers[0].loss == (
        f"broke the protocol: a {kind!r} frame of request 1 came while it was busy with request 1, "
        "not begun"
    )
    assert pool.state() is WorkerState.DYING


def test_a_worker_that_lost_its_device_is_replaced_and_says_why() -> None:
    pool = _ready(restart_pause=0)
    pool.work()
    pool.say("began")
    process = pool.process()
    pool.say("device_lost", error="AcceleratorError: CUDA error: misaligned address")
    assert isinstance(process, Process)
    assert process.killed
    # It ends by itself, too; what it said counts, and not its exit code.
    pool.die(reason="exited with code 1")
    (loss,) = pool.losses()
    assert loss.reason == "lost its device: AcceleratorError: CUDA error: misaligned address"
    assert loss.stderr == ("the last line",)
    assert pool.owner.lost == [("s", True, False)]


def test_a_worker_that_does_not_answer_is_lost_with_what_it_had_begun(clock: Clock) -> None:
    pool = _ready(restart_pause=0, request_timeout=3)
    pool.work()
    pool.say("began")
    clock.now += 3
    pool.pool.check_deadlines()
    assert pool.state() is WorkerState.DYING
    pool.die()
    assert pool.owner.lost == [("s", True, True)]
    assert pool.losses()[0].reason == "gave no answer within 3 s"


def test_every_message_is_a_sign_of_life(clock: Clock) -> None:
    pool = Pool()
    assert pool.workers[0].last_heard is None
    pool.pool.start()
    clock.now += 5
    pool.load()
    assert pool.workers[0].last_heard == clock.now
    clock.now += 5
    pool.pool.handle(LineWritten(pool.process(), "still here"))
    assert pool.workers[0].last_heard == clock.now
