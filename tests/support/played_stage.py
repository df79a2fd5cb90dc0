"""A stage whose workers are played: the real scheduler, stage, pool and run store, and no process.

The rules of a hypothesis state machine say what the workers do; see
`tests/core/run/test_every_outcome.py`.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
)

import editgauge
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.hooks.events import Event, SampleFinished, WorkerLost
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.core.outcomes import EditOutcome
from editgauge.core.run.completion import Completion, completion_so_far
from editgauge.core.run.content_keys import ContentKeys
from editgauge.core.run.edit_stage import EditStage
from editgauge.core.run.results import EditResult
from editgauge.core.run.score_stage import ScoreStage
from editgauge.core.run.stages import StagePlan, StageRun, StageTools
from editgauge.core.run.store import RunStore, read_results
from editgauge.core.run.summary import Tally
from editgauge.core.samples import Sample
from editgauge.core.workers import pool as pools
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.devices import Binding
from editgauge.core.workers.pool import WorkersLostError
from editgauge.core.workers.process import (
    FrameReceived,
    WorkerMessage,
)
from editgauge.core.workers.protocol import Frame, hello
from editgauge.core.workers.worker import WorkerPlan
from tests.support.plugin import CountingConfig, SleepingConfig

TIMEOUT = 3.0
"""Seconds for a load and for a request, on the machine's own clock."""
REWARD = CountingConfig.model_validate({"type": "counting"})
RUBRICS = load_rubrics(REWARD)


class Clock:
    """Takes the place of the module `time`."""

    now = 1000.0

    @classmethod
    def monotonic(cls) -> float:
        return cls.now


class Process:
    """A worker's process, as far as its pool can tell."""

    made: list["Process"]
    started = 0.0

    def __init__(self, name: str, **_settings: Any) -> None:
        self.name = name
        self.last_lines: list[str] = []
        self.greeted = self.ready = self.killed = self.exited = self.buried = self.began = False
        self.samples: list[str] = []
        self.open: dict[int, str] = {}
        self.request = 0
        self.since = Clock.now
        Process.made.append(self)

    def send(self, frame: Frame) -> None:
        if frame["kind"] in ("edit", "score"):
            assert self.ready
            assert not self.open
            requests = frame.get("requests", [frame])
            self.samples = [str(request["id"]) for request in requests]
            self.open = dict(enumerate(self.samples))
            self.began = False
            self.request = frame["request"]
            self.since = Clock.now

    def wait_for_pid(self) -> int:
        return 7

    def kill(self) -> None:
        self.killed = True

    def terminate(self) -> None: ...
    def close_requests(self) -> None: ...

    def join(self, timeout: float) -> bool:
        del timeout
        return True

    @property
    def counts(self) -> bool:
        """Whether the pool still listens to it."""
        return not (self.killed or self.buried or self.exited)


def choose(found: list[Process], pick: int) -> Process:
    """Return one of them, in three cases of four one that is still listened to."""
    live = [process for process in found if process.counts]
    found = live if live and pick % 4 else found
    return found[pick // 4 % len(found)]


class PlayedStage(RuleBasedStateMachine):
    """A stage of a run, its workers played by rules, over any number of starts."""

    scores = False

    def __init__(self) -> None:
        super().__init__()
        Clock.now = 1000.0
        self.patches: list[Any] = [
            mock.patch.object(pools, "time", Clock),
            mock.patch.object(pools, "WorkerProcess", Process),
        ]
        for patch in self.patches:
            patch.start()
        Process.made = []
        self.folder = tempfile.TemporaryDirectory()
        self.finished: dict[str, str] = {}
        self.allowed: dict[str, str] = {}
        self.strikes: Counter[str] = Counter()
        self.over = False
        self.stage: StageRun | None = None

    @initialize(
        number=st.integers(0, 7),
        workers=st.integers(1, 3),
        batch_size=st.integers(1, 4),
        max_restarts=st.integers(0, 3),
        max_lost=st.integers(0, 30),
        loads=st.integers(1, 3),
        pause=st.sampled_from([0.0, 0.0, 1.0]),
        unedited=st.sets(st.integers(0, 6)),
    )
    def begin(
        self,
        *,
        number: int,
        workers: int,
        batch_size: int,
        max_restarts: int,
        max_lost: int,
        loads: int,
        pause: float,
        unedited: set[int],
    ) -> None:
        self.samples = [
            Sample(id=f"s{index}", index=index, images=("x.png",), instruction="do")
            for index in range(number)
        ]
        self.batch_size = batch_size if self.scores else 1
        self.max_lost = max_lost
        self.settings = WorkersConfig.model_validate(
            {
                "devices": ["cpu"] * workers,
                "start_timeout": TIMEOUT,
                "request_timeout": TIMEOUT,
                "max_restarts": max_restarts,
                "restart_pause": pause,
                "parallel_loads": loads,
            }
        )
        self.store = RunStore.create(Path(self.folder.name), "test")
        self.store.write_manifest({})
        self.unedited = {f"s{index}" for index in unedited if index < number}
        if self.scores:
            for sample in self.samples:
                self._write_edit(sample)
        self._start()

    def _write_edit(self, sample: Sample) -> None:
        ok = sample.id not in self.unedited
        self.store.append(
            EditResult(
                id=sample.id,
                index=sample.index,
                category="",
                outcome=EditOutcome.OK if ok else EditOutcome.FAILED,
                reason="" if ok else "told to fail",
                image="images/x.png" if ok else None,
                width=1 if ok else None,
                height=1 if ok else None,
                instruction="do",
                sources=sample.images,
                seed=0,
                seconds=0.0,
                attempt=1,
                worker="edit-0",
                sources_sha256=("a",),
                image_sha256="b" if ok else None,
            )
        )

    def _start(self) -> None:
        """Begin with what is left, as a run does at its start and after a resume."""
        Process.made = []
        self.over = False
        self.strikes.clear()
        completion = completion_so_far(
            self.store, len(self.samples), Tally([("", len(self.samples))])
        )
        self.stage = self._make_stage(completion)
        if self.scores:
            left = [sample.id for sample in completion.not_edited(self.samples)]
            self.allowed = dict.fromkeys(left, "not_edited")
        self.stage.start()
        assert self.allowed == {}

    def _make_stage(self, completion: Completion) -> StageRun:
        reward, rubrics, edit = REWARD, RUBRICS, SleepingConfig(type="sleeping")
        tools = StageTools(
            store=self.store,
            completion=completion,
            keys=ContentKeys(seed=0, edit=edit, reward=reward, rubrics=rubrics, fingerprints={}),
            tally=Tally([("", len(self.samples))]),
            emit=self._hear,
            inbox=lambda _message: None,
            budget=RunBudget(self.max_lost),
        )
        binding = Binding(devices=("cpu",), torch_device="cpu", environment={})
        plan = WorkerPlan(
            stage="score" if self.scores else "edit",
            target="tests.support.models:SleepingEditModel",
            config={},
            interpreter="python",
            bindings=(binding,) * len(self.settings.devices),
            settings=self.settings,
            log_folder=self.store.logs,
        )
        if not self.scores:
            left = sum(1 for _ in completion.to_edit(self.samples))
            size = StagePlan(samples=left, requested=left, batch_size=1, detail="")
            return EditStage(size, completion.to_edit(self.samples), plan, tools, seed=0)
        requested = sum(1 for _ in completion.to_score(self.samples))
        rest = sum(1 for _ in completion.not_edited(self.samples))
        return ScoreStage(
            StagePlan(
                samples=requested + rest,
                requested=requested,
                batch_size=self.batch_size,
                detail="",
            ),
            completion.to_score(self.samples),
            plan,
            tools,
            config=reward,
            rubrics=rubrics,
            score_range=(0.0, 10.0),
            not_edited=completion.not_edited(self.samples),
        )

    # What the run tells.

    def _hear(self, event: Event) -> None:
        if isinstance(event, WorkerLost):
            self._hear_of_loss(event)
        elif isinstance(event, SampleFinished):
            assert event.sample not in self.finished, "a sample left its stage twice"
            assert self.allowed.pop(event.sample, None) == event.outcome
            self.finished[event.sample] = str(event.outcome)

    def _hear_of_loss(self, event: WorkerLost) -> None:
        process = [each for each in Process.made if each.name == event.worker][-1]
        assert event.samples == tuple(process.open.values())
        process.buried = True
        if not (process.began and len(process.samples) == 1):
            return
        for sample in process.open.values():
            self.strikes[sample] += 1
            if self.strikes[sample] == 2:
                late = event.reason.startswith("gave no answer")
                self.allowed[sample] = "timeout" if late else "crashed"

    # What workers do. Dead ones may still be heard: their frames were under way.

    def _tell(self, message: WorkerMessage) -> None:
        assert self.stage is not None
        try:
            self.stage.pool.handle(message)
        except WorkersLostError:
            self.over = True
        assert self.allowed == {}, "an answer was lost"

    def _say(self, process: Process, kind: str, **fields: Any) -> None:
        self._tell(FrameReceived(process, {"kind": kind, **fields}))  # type: ignore[arg-type]

    def _say_of_request(self, process: Process, kind: str, **fields: Any) -> None:
        self._say(process, kind, request=process.request, **fields)

    def _processes(self, *, ready: bool | None = None, began: bool | None = None) -> list[Process]:
        return [
            process
            for process in Process.made
            if not process.exited
            and (ready is None or process.ready == ready)
            and (began is None or (bool(process.open) and process.began == began))
        ]

    def _greet(self, process: Process) -> None:
        if not process.greeted:
            process.greeted = True
            greeting = hello(editgauge.__version__)
            self._tell(FrameReceived(process, greeting))  # type: ignore[arg-type]

    def _load(self, process: Process) -> None:
        self._greet(process)
        if process.counts:
            process.ready = True
        self._say(process, "ready", details={}, versions={})

    def _begin_request(self, process: Process) -> None:
        process.began = process.began or process.counts
        self._say_of_request(process, "began")

    def _answer(self, process: Process) -> None:
        """Answer the request, or a part of it."""
        if not self.scores:
            self._image_of(process).touch()
            self._leave(process, 0, "ok")
            self._say_edited(process)
            return
        position = next(iter(process.open))
        if len(process.open) == 1 and process.counts:
            # With the last reply the pool may have no more to wait for than the end.
            self._reply(process, position)
            self._say_of_request(process, "scored", seconds=0.1)
        else:
            self._reply(process, position)

    def _image_of(self, process: Process) -> Path:
        (sample,) = [each for each in self.samples if each.id == process.samples[0]]
        return self.store.image_path(sample)

    def _say_edited(self, process: Process) -> None:
        self._say_of_request(
            process,
            "edited",
            seconds=0.1,
            width=1,
            height=1,
            sources_sha256=["a"],
            image_sha256="b",
        )

    def _reply(self, process: Process, position: int) -> None:
        self._leave(process, position, "ok")
        self._reply_frame(process, position)

    def _reply_frame(self, process: Process, position: int) -> None:
        self._say_of_request(
            process,
            "reply",
            position=position,
            text="Score: 7",
            truncated=False,
            value=None,
            seconds=0.1,
            images_sha256=["a", "b"],
        )

    def _leave(self, process: Process, position: int, outcome: str) -> None:
        if process.counts:
            self.allowed[process.open.pop(position)] = outcome

    def _rows(self) -> list[tuple[str, str]]:
        wanted = "score" if self.scores else "edit"
        return [
            (result.id, str(result.outcome))
            for result in read_results(self.store.folder)
            if result.to_row()["stage"] == wanted
        ]

    def _resume(self, torn: bytes = b"") -> None:
        assert self.stage is not None
        self.stage.pool.stop()
        self.store.close()
        if torn:
            # A row that a killed parent did not write whole, and did not announce.
            with (self.store.folder / "results.jsonl").open("ab") as file:
                file.write(b'{"stage": "edit", "id": "s0' + torn.replace(b"\n", b""))
        self.store = RunStore.reopen(self.store.folder)
        self.store.cut_torn_line()
        self._start()
