"""What became of every sample of a run, both stages together, in row order.

The events of a run tell it, in a replay those of every start. Only a run that is gone on with,
heard from then on, has results that no event told; so then its rows are read from the run directory
at the end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from editgauge.core.hooks.events import RunEvent, RunStarted, SampleEvent, SampleFinished
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.selection import read_spool
from editgauge.core.run.store import read_results
from editgauge.core.samples import Sample
from editgauge.reporters.unfinished import Reached

REPLY_LENGTH = 2_000
"""Characters of a reply that are kept; a judge may send megabytes."""
_REASON_LENGTH = 4_000

CRASHES = frozenset({"failed", "timeout", "crashed"})
"""Outcomes of either stage by which something went wrong with the machinery, not the sample."""


class Problem(NamedTuple):
    """Why a sample is not `ok`: the `stage`, its `outcome` there, and the `reason` in words."""

    stage: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSample:
    """A sample that left at least one stage; the texts are as they came.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset.
        category: its category, or an empty string.
        edit: outcome of the edit stage, or an empty string if it did not leave it.
        edit_reason: why that is not `ok`, or an empty string.
        edit_seconds: time with the worker.
        score: outcome of the score stage, or an empty string if it did not leave it.
        value: the score, or None.
        reason: why it has none, or an empty string.
        reply: the beginning of the judge's words, or None.
        score_seconds: time with the worker.
    """

    id: str
    index: int
    category: str
    edit: str = ""
    edit_reason: str = ""
    edit_seconds: float = 0.0
    score: str = ""
    value: float | None = None
    reason: str = ""
    reply: str | None = None
    score_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Return the time with workers, both stages together."""
        return self.edit_seconds + self.score_seconds

    @property
    def problem(self) -> Problem | None:
        """Return why it is not `ok`, the edit before the score; None if it is, so far."""
        if self.edit not in ("", "ok"):
            return Problem("edit", self.edit, self.edit_reason)
        if self.score not in ("", "ok"):
            return Problem("score", self.score, self.reason)
        return None


class FinishedSamples:
    """Hears of samples, or finds them in the run directory."""

    def __init__(
        self, context: ReporterContext, *, keeps_reply: Callable[[str, float | None], bool]
    ) -> None:
        """Know of none yet.

        Args:
            context: what the reporter was given.
            keeps_reply: whether the reply of a sample with this outcome and score will be shown;
                all replies of a run may be too much to keep.
        """
        self._folder = context.run_dir
        self._keeps_reply = keeps_reply
        self._heard: dict[int, FinishedSample] = {}
        self._reads: bool | None = None
        self.stages: tuple[str, ...] = ()

    def hear(self, event: RunEvent | SampleEvent) -> None:
        """Take note of the start of a run, and of samples where there will be no rows to read."""
        if isinstance(event, RunStarted):
            self.stages = event.stages
            if self._reads is None:
                self._reads = event.resumed and (self._folder / "results.jsonl").is_file()
        elif isinstance(event, SampleFinished) and not self._reads:
            self._add(self._heard, event)

    def all(self) -> list[FinishedSample]:
        """Return every sample that left a stage, in row order.

        Raises:
            RunDirectoryError: the results cannot be read, or are damaged.
        """
        samples = self._heard
        if self._reads:
            samples = {}
            for row in read_results(self._folder):
                self._add(samples, row)
        return [sample for _, sample in sorted(samples.items())]

    def reached(self) -> Iterator[Reached]:
        """Yield how far each sample came, those that left no stage last.

        Raises:
            RunDirectoryError: the results cannot be read, or are damaged.
        """
        finished = self.all()
        for sample in finished:
            yield Reached(sample.category, sample.edit, sample.score, sample.value)
        for unreached in self.unreached(finished):
            yield Reached(unreached.category)

    def is_done(self, sample: FinishedSample) -> bool:
        """Return whether a sample went through all the stages of the run."""
        return sample.problem is not None or "score" not in self.stages or sample.score != ""

    def unreached(self, finished: list[FinishedSample]) -> Iterator[Sample]:
        """Yield the selected samples that left no stage, in row order, as far as that is known."""
        spool = self._folder / "samples.jsonl"
        if spool.is_file():
            seen = {sample.index for sample in finished}
            yield from (sample for sample in read_spool(spool) if sample.index not in seen)

    def _add(
        self,
        samples: dict[int, FinishedSample],
        result: SampleFinished | EditResult | ScoreResult,
    ) -> None:
        if isinstance(result, SampleFinished):
            stage, sample_id = result.stage, result.sample
        else:
            stage, sample_id = "edit" if isinstance(result, EditResult) else "score", result.id
        new = FinishedSample(id=sample_id, index=result.index, category=result.category)
        outcome, reason = str(result.outcome), result.reason[:_REASON_LENGTH]
        if stage == "edit":
            # The score of a former edit, which was done again, is one no more.
            samples[result.index] = replace(
                new, edit=outcome, edit_reason=reason, edit_seconds=result.seconds
            )
        elif stage == "score" and not isinstance(result, EditResult):
            keeps = result.reply is not None and self._keeps_reply(outcome, result.score)
            samples[result.index] = replace(
                samples.get(result.index, new),
                score=outcome,
                value=result.score,
                reason=reason,
                reply=(result.reply or "")[:REPLY_LENGTH] if keeps else None,
                score_seconds=result.seconds,
            )
