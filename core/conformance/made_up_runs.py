"""Events of runs that never were: every kind, in every order that can happen."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from editgauge.core.hooks import events
from editgauge.core.hooks.events import (
    BatchEvent,
    Event,
    RunEvent,
    SampleEvent,
    SampleFinished,
    StepEvent,
)

_BEGIN = datetime(2026, 11, 23, 3, 10, 35, tzinfo=UTC)
_SECONDS_APART = 0.25
_BATCH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureRunEvent(RunEvent):
    """A kind of event that no version has yet."""

    news: str = "from a later version"


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureBatchEvent(BatchEvent):
    """A kind of event that no version has yet."""

    news: tuple[str, ...] = ("from", "a later version")


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureSampleEvent(SampleEvent):
    """A kind of event that no version has yet."""

    news: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FutureStepEvent(StepEvent):
    """A kind of event that no version has yet."""

    news: bool = True


FUTURE = (FutureRunEvent(), FutureBatchEvent(), FutureSampleEvent(), FutureStepEvent())


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpRun:
    """What happens in a run, so that its events can be told.

    Attributes:
        run_dir: its run directory.
        samples: how many samples it has.
        steps: denoising steps of each edit.
        order: number of the order in which the workers' events come; another one for each.
        text: put into everything that comes from outside: ids, instructions, replies, log lines.
        beside: whether the judge works beside the editors, and not after them.
        resumed: whether half of the samples was done in an earlier start.
        only_edit: whether there is no judge.
        news: whether events of unknown kinds come in between.
    """

    run_dir: Path
    samples: int = 6
    steps: int = 3
    order: int = 0
    text: str = ""
    beside: bool = False
    resumed: bool = False
    only_edit: bool = False
    news: bool = False

    def told(self) -> list[Event]:
        """Return its events, stamped as the bus stamps them."""
        chance = random.Random(self.order)  # noqa: S311 - no secret
        edit = _in_a_stage(list(self._edit_start()), self._edit_streams(), chance)
        edit.append(self._stage_finished("edit", None))
        score: list[Event] = []
        if not self.only_edit:
            start = list(self._score_start())
            score = _in_a_stage(start, self._score_streams(), chance)
            score.append(self._stage_finished("score", _FIGURES))
        middle = _merged([edit, score], chance) if self.beside else [*edit, *score]
        whole = _counted([*self._begin(), *middle, *self._end()])
        if self.news:
            whole = [found for event in whole for found in (event, *FUTURE)][: -len(FUTURE)]
        return _stamped(whole, self.run_dir)

    def _id(self, index: int) -> str:
        return f"sample {index}{self.text}"

    def _rows(self) -> list[int]:
        return list(range(self.samples // 2 if self.resumed else 0, self.samples))

    def _begin(self) -> Iterator[Event]:
        text = self.text
        yield events.RunStarted(
            run_dir=str(self.run_dir),
            stages=("edit",) if self.only_edit else ("edit", "score"),
            edit_model="made-up",
            reward_model="" if self.only_edit else "made-up",
            seed=42,
            resumed=self.resumed,
            versions=(events.Version("editgauge", "1.0"), events.Version("Python", "3.11")),
            argv=("editgauge", "run", f"config{text}.yaml"),
        )
        for phase in ("dataset", "review", "preflight"):
            yield events.PhaseStarted(phase=phase, of=None if phase == "dataset" else 2)
            yield events.PhaseProgressed(phase=phase, done=1)
            yield events.PhaseFinished(phase=phase, seconds=0.5, text=f"done{text}")
        yield events.LogEmitted(level="warning", text=f"a remark of the run{text}")

    def _edit_start(self) -> Iterator[Event]:
        rows = len(self._rows())
        yield events.StageStarted(
            stage="edit", samples=rows, batch_size=1, batches=rows, workers=2, detail="made-up"
        )

    def _score_start(self) -> Iterator[Event]:
        rows = len(self._rows())
        yield events.StageStarted(
            stage="score",
            samples=rows,
            batch_size=_BATCH,
            batches=-(-rows // _BATCH),
            workers=1,
            detail=f"made-up{self.text}",
            score_minimum=0.0,
            score_maximum=10.0,
        )
        for index in self._rows():
            if _fails(index):
                # Nobody started it: there is nothing to score.
                yield self._finished("score", index, "not_edited", reason="there is no image")

    def _edit_streams(self) -> list[list[Event]]:
        rows = self._rows()
        return [
            list(self._editor(f"edit-{number}", rows[number::2], f"cuda:{number}"))
            for number in range(2)
        ]

    def _score_streams(self) -> list[list[Event]]:
        return [list(self._judge([index for index in self._rows() if not _fails(index)]))]

    def _editor(self, worker: str, rows: Sequence[int], device: str) -> Iterator[Event]:
        yield self._worker_started(worker, "edit", device, 1)
        yield events.LogEmitted(worker=worker, level="info", text=f"loading{self.text}")
        yield events.WorkerReady(worker=worker, stage="edit", seconds=2.0)
        for position, index in enumerate(rows):
            yield events.BatchStarted(
                worker=worker,
                stage="edit",
                number=index + 1,
                of=self.samples,
                samples=(self._id(index),),
            )
            yield self._sample_started(worker, "edit", index, 1)
            attempt = 1
            if position == 1 and worker == "edit-1":
                attempt = 2
                yield from self._steps(worker, index, 1, self.steps - 1)
                yield from self._loss(worker, index, device)
                yield self._sample_started(worker, "edit", index, 2)
            yield from self._steps(worker, index, attempt, self.steps)
            outcome = _EDIT_OUTCOMES[index % len(_EDIT_OUTCOMES)]
            yield self._finished("edit", index, outcome, worker=worker, attempt=attempt)
            yield events.BatchFinished(
                worker=worker,
                stage="edit",
                number=index + 1,
                of=self.samples,
                samples=1,
                seconds=1.5,
            )

    def _loss(self, worker: str, index: int, device: str) -> Iterator[Event]:
        yield events.WorkerLost(
            worker=worker,
            stage="edit",
            reason=f"killed by SIGKILL{self.text}",
            samples=(self._id(index),),
            will_restart=True,
            restart_in=1.0,
            stderr=(f"Killed{self.text}",),
        )
        yield events.SampleRetried(
            worker=worker,
            stage="edit",
            sample=self._id(index),
            index=index,
            attempt=1,
            reason="its worker was lost",
        )
        yield self._worker_started(worker, "edit", device, 2)
        yield events.WorkerReady(worker=worker, stage="edit", seconds=2.0)

    def _judge(self, rows: Sequence[int]) -> Iterator[Event]:
        worker = "score-0"
        yield self._worker_started(worker, "score", "cpu", 1)
        yield events.WorkerReady(worker=worker, stage="score", seconds=2.0)
        for number, start in enumerate(range(0, len(rows), _BATCH), start=1):
            batch = rows[start : start + _BATCH]
            yield events.BatchStarted(
                worker=worker,
                stage="score",
                number=number,
                of=-(-len(rows) // _BATCH),
                samples=tuple(self._id(index) for index in batch),
            )
            for index in batch:
                yield self._sample_started(worker, "score", index, 1)
            for index in batch:
                outcome = _SCORE_OUTCOMES[index % len(_SCORE_OUTCOMES)]
                yield self._finished("score", index, outcome, worker=worker)
            yield events.BatchFinished(
                worker=worker,
                stage="score",
                number=number,
                of=-(-len(rows) // _BATCH),
                samples=len(batch),
                seconds=2.5,
                scored=1,
                mean=7.5,
            )

    def _steps(self, worker: str, index: int, attempt: int, last: int) -> Iterator[Event]:
        for step in range(1, last + 1):
            yield events.StepFinished(
                worker=worker,
                sample=self._id(index),
                index=index,
                step=step,
                of=self.steps,
                attempt=attempt,
            )

    def _worker_started(self, worker: str, stage: str, device: str, start: int) -> Event:
        return events.WorkerStarted(
            worker=worker,
            stage=stage,
            devices=(device,),
            pid=4000 + start,
            python="/usr/bin/python3",
            threads=1 if device == "cpu" else None,
            start=start,
        )

    def _sample_started(self, worker: str, stage: str, index: int, attempt: int) -> Event:
        return events.SampleStarted(
            worker=worker,
            stage=stage,
            sample=self._id(index),
            index=index,
            category=self._category(index),
            instruction=f"Make it blue.{self.text}",
            attempt=attempt,
        )

    def _category(self, index: int) -> str:
        return ("physical", "", f"文化{self.text}")[index % 3]

    def _finished(
        self,
        stage: str,
        index: int,
        outcome: str,
        *,
        worker: str = "",
        attempt: int = 1,
        reason: str = "",
    ) -> Event:
        ok = outcome == "ok"
        judged = stage == "score" and outcome != "not_edited"
        return SampleFinished(
            worker=worker,
            stage=stage,
            sample=self._id(index),
            index=index,
            category=self._category(index),
            outcome=outcome,
            seconds=1.5,
            attempt=attempt,
            done=0,
            of=len(self._rows()),
            ok=0,
            image=f"images/{index}.png" if stage == "edit" and ok else None,
            score=float(index % 11) if judged and ok else None,
            reply=f"Well done.{self.text}\nScore: {index % 11}" if judged else None,
            reason="" if ok else reason or f"it is {outcome}{self.text}",
        )

    def _stage_finished(self, stage: str, figures: events.Figures | None) -> Event:
        rows = len(self._rows())
        return events.StageFinished(
            stage=stage,
            samples=rows,
            outcomes=(events.Count("ok", rows),),
            seconds=20.0,
            figures=figures,
        )

    def _end(self) -> Iterator[Event]:
        text = self.text
        yield events.PhaseStarted(phase="shutdown")
        yield events.PhaseFinished(phase="shutdown", seconds=0.1)
        yield events.StatusReported(
            phase="shutdown",
            stage="score",
            done=1,
            of=2,
            failed=0,
            seconds_left=None,
            lines=(f"run: ending{text}",),
        )
        yield events.ReporterFailed(reporter=f"other{text}", hook="tick", error=f"KeyError{text}")
        figures = None if self.only_edit else _FIGURES
        yield events.RunFinished(
            status="interrupted" if self.order % 3 == 2 else "finished",
            exit_code=130 if self.order % 3 == 2 else 100,
            samples=self.samples,
            edit_outcomes=(events.Count("ok", self.samples - 1), events.Count("failed", 1)),
            score_outcomes=() if self.only_edit else (events.Count("ok", 2),),
            figures=figures,
            categories=()
            if figures is None
            else (
                events.CategoryFigures("physical", figures),
                events.CategoryFigures(f"文化{text}", figures),
            ),
            seconds=60.0,
            reason=f"SIGINT{text}" if self.order % 3 == 2 else "",
            advice=f"editgauge run config{text}.yaml --resume latest",
            skipped_rows=1,
        )


_EDIT_OUTCOMES = ("ok", "ok", "failed", "ok", "ok", "timeout", "ok", "crashed")
_SCORE_OUTCOMES = ("ok", "ok", "ok", "unparsed", "out_of_range", "ok", "ok")
_FIGURES = events.Figures(
    samples=6, scored=4, mean=5.5, std=1.2, median=5.5, minimum=3.0, maximum=8.0, low=3.6, high=7.4
)


def _fails(index: int) -> bool:
    return _EDIT_OUTCOMES[index % len(_EDIT_OUTCOMES)] != "ok"


def _in_a_stage(
    start: list[Event], streams: Sequence[list[Event]], chance: random.Random
) -> list[Event]:
    return [*start, *_merged(streams, chance)]


def _merged(streams: Sequence[list[Event]], chance: random.Random) -> list[Event]:
    """Return the events of all streams, each in its order, mixed by chance."""
    turns = [number for number, stream in enumerate(streams) for _ in stream]
    chance.shuffle(turns)
    following = [iter(stream) for stream in streams]
    return [next(following[number]) for number in turns]


def _counted(whole: list[Event]) -> list[Event]:
    """Return the events with running totals that fit their order."""
    done: dict[str, int] = {}
    ok: dict[str, int] = {}
    scores: list[float] = []
    counted: list[Event] = []
    for event in whole:
        if isinstance(event, SampleFinished):
            done[event.stage] = done.get(event.stage, 0) + 1
            ok[event.stage] = ok.get(event.stage, 0) + (event.outcome == "ok")
            if event.score is not None:
                scores.append(event.score)
            mean = sum(scores) / len(scores) if scores and event.stage == "score" else None
            counted.append(replace(event, done=done[event.stage], ok=ok[event.stage], mean=mean))
        else:
            counted.append(event)
    return counted


def _stamped(whole: list[Event], run_dir: Path) -> list[Event]:
    return [
        replace(
            event,
            seq=number,
            time=(_BEGIN + timedelta(seconds=number * _SECONDS_APART)).strftime(
                "%Y-%m-%dT%H:%M:%S.%fZ"
            ),
            elapsed=number * _SECONDS_APART,
            run_id=run_dir.name,
        )
        for number, event in enumerate(whole, start=1)
    ]
