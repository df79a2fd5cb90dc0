"""The events of a run that never ran: workers side by side, one lost, a judge behind them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from editgauge.core.hooks import events
from editgauge.core.hooks.events import Event
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.summary import Tally, counts
from editgauge.core.samples import Sample

RUN_ID = "20261123T031035Z-made-up-7f3a2b"
_LOADING, _BATCH = 11.0, 4.0


class Telling:
    """Tells the run as its events would have, workers side by side."""

    def __init__(
        self,
        folder: Path,
        samples: Sequence[Sample],
        edits: Sequence[EditResult],
        scores: Sequence[ScoreResult],
        *,
        workers: int,
    ) -> None:
        """Take what happened, and how many edit workers there were; one judge scores in fours."""
        self._folder = folder
        self._samples, self._edits, self._scores = samples, edits, scores
        self._workers = [f"edit-{number}" for number in range(workers)]
        self._told: list[tuple[float, Event]] = []
        self._at = 0.0

    def all(self) -> Iterator[Event]:
        """Yield the events in order, stamped."""
        self._add(
            0.0,
            events.RunStarted(
                run_dir=str(self._folder),
                stages=("edit", "score"),
                edit_model="sleeping",
                reward_model="counting",
                seed=42,
            ),
        )
        self._add(0.0, events.PhaseStarted(phase="preflight"))
        self._add(3.0, events.PhaseFinished(phase="preflight", seconds=3.0))
        self._at = 3.0
        self._tell_edits()
        self._tell_scores()
        self._add(self._at, self._end())
        self._told.sort(key=lambda pair: pair[0])
        for seq, (at, event) in enumerate(self._told, start=1):
            minutes, seconds = divmod(at, 60)
            stamp = f"2026-11-23T{3 + int(minutes) // 60 % 20:02d}:{int(minutes) % 60:02d}"
            yield replace(
                event,
                seq=seq,
                time=f"{stamp}:{seconds:09.6f}Z",
                elapsed=round(at, 6),
                run_id=RUN_ID,
            )

    def _add(self, at: float, event: Event) -> None:
        self._told.append((at, event))

    def _tell_edits(self) -> None:
        free = {worker: self._at + _LOADING + 2.5 * n for n, worker in enumerate(self._workers)}
        self._start("edit", free)
        lost = len(self._samples) // 2
        for position, (sample, result) in enumerate(zip(self._samples, self._edits, strict=True)):
            worker = min(free, key=lambda name: free[name])
            begin = free[worker]
            if position == lost and len(free) > 1:
                begin = free[worker] = self._lose(worker, begin)
            end = free[worker] = begin + result.seconds
            self._tell(worker, sample, result, begin, end, done=position + 1)
            free[worker] += 0.02
        self._finish("edit", max(free.values()))

    def _lose(self, worker: str, at: float) -> float:
        """Tell that a worker is lost and replaced; return when it is ready again."""
        common: dict[str, Any] = {"worker": worker, "stage": "edit"}
        self._add(
            at + 1.0,
            events.WorkerLost(
                **common,
                reason="killed by SIGKILL (out of memory?)",
                will_restart=True,
                stderr=("loading shards", "Killed"),
            ),
        )
        self._add(
            at + 2.0,
            events.WorkerStarted(
                **common, devices=("cuda:0",), pid=4, python="python3", threads=None, start=2
            ),
        )
        self._add(at + 2.0 + _LOADING, events.WorkerReady(**common, seconds=_LOADING))
        return at + 2.0 + _LOADING

    def _tell_scores(self) -> None:
        self._start("score", {"score-0": self._at + _LOADING})
        at, done = self._at + _LOADING, 0
        pairs = list(zip(self._samples, self._scores, strict=True))
        for first in range(0, len(pairs), 4):
            for number, (sample, result) in enumerate(pairs[first : first + 4]):
                done += 1
                end = at + (number + 1) * _BATCH / 4
                self._tell(result.worker, sample, result, at, end, done=done)
            at += _BATCH + 0.05
        self._finish("score", at)

    def _start(self, stage: str, ready: dict[str, float]) -> None:
        number = len(self._samples)
        self._add(
            self._at,
            events.StageStarted(
                stage=stage, samples=number, batch_size=1, batches=number, workers=len(ready)
            ),
        )
        for position, (worker, at) in enumerate(ready.items()):
            common: dict[str, Any] = {"worker": worker, "stage": stage}
            self._add(
                self._at,
                events.WorkerStarted(
                    **common,
                    devices=(f"cuda:{position}",),
                    pid=100 + position,
                    python="python3",
                    threads=None,
                ),
            )
            self._add(at, events.WorkerReady(**common, seconds=round(at - self._at, 3)))

    def _tell(
        self,
        worker: str,
        sample: Sample,
        result: EditResult | ScoreResult,
        begin: float,
        end: float,
        *,
        done: int,
    ) -> None:
        stage = "edit" if isinstance(result, EditResult) else "score"
        common: dict[str, Any] = {
            "worker": worker,
            "stage": stage,
            "sample": sample.id,
            "category": sample.category,
        }
        if worker:
            self._add(
                begin,
                events.SampleStarted(**common, index=sample.index, instruction=sample.instruction),
            )
        self._add(
            end,
            events.SampleFinished(
                **common,
                index=sample.index,
                outcome=str(result.outcome),
                seconds=result.seconds,
                attempt=result.attempt,
                done=done,
                of=len(self._samples),
                ok=done,
                image=result.image if isinstance(result, EditResult) else None,
                score=result.score if isinstance(result, ScoreResult) else None,
                reply=result.reply if isinstance(result, ScoreResult) else None,
                reason=result.reason,
            ),
        )

    def _finish(self, stage: str, at: float) -> None:
        self._add(at + 0.2, events.PhaseStarted(phase="shutdown"))
        self._add(at + 0.8, events.PhaseFinished(phase="shutdown", seconds=0.6))
        self._add(
            at + 0.8,
            events.StageFinished(
                stage=stage, samples=len(self._samples), outcomes=(), seconds=at - self._at
            ),
        )
        self._at = at + 0.9

    def _end(self) -> events.RunFinished:
        sizes = dict.fromkeys((sample.category for sample in self._samples), 0)
        for sample in self._samples:
            sizes[sample.category] += 1
        tally = Tally(sizes.items())
        for edit in self._edits:
            tally.add_edit(edit)
        for score in self._scores:
            tally.add_score(score)
        failures = tally.failures(scoring=True)
        return events.RunFinished(
            status="finished",
            exit_code=100 if failures else 0,
            samples=len(self._samples),
            edit_outcomes=counts(tally.edit_outcomes),
            score_outcomes=counts(tally.score_outcomes),
            figures=tally.figures(),
            categories=tally.categories(),
            seconds=round(self._at, 3),
            reason=f"{failures} samples without a good result" if failures else "",
        )
