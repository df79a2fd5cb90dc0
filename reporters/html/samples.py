"""The samples of a report: what a run directory, or else the events, say about each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from editgauge.core.hooks.events import Event, SampleFinished, SampleStarted
from editgauge.core.outcomes import EditOutcome, ScoreOutcome, Stage
from editgauge.core.run.result import sample_results
from editgauge.core.run.results import EditResult, ScoreResult
from editgauge.core.run.selection import read_spool
from editgauge.core.samples import safe_name
from editgauge.reporters.html.states import EDIT_STATES, SCORE_STATES, State


@dataclass(slots=True, kw_only=True)
class ShownSample:
    """One sample as the report shows it; texts are raw.

    Attributes:
        id: the sample's id.
        index: its row number in the dataset.
        category: its category, or an empty string.
        instruction: what was asked for.
        state: how far it came.
        edited: SHA-256 of the edited image's file, or None.
        sources: SHA-256 of each source image's file that could be read.
        width: of the edited image in pixels, or None.
        height: of the edited image in pixels, or None.
        seconds: time of the edit with its worker, or None.
        attempts: attempts of the edit and of the judgement, 0 for none.
        score: the score, or None.
        minimum: least possible score, or None.
        maximum: greatest possible score, or None.
        rubric: name of the rubric, or an empty string.
        reply: the judge's words, or None.
        reason: why it has no good result, or an empty string.
    """

    id: str
    index: int
    category: str
    instruction: str = ""
    state: State = State.WAITING
    edited: str | None = None
    sources: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    attempts: tuple[int, int] = (0, 0)
    score: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    rubric: str = ""
    reply: str | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        """What a link calls the sample: its file name in the run directory."""
        return safe_name(self.id)

    def add_edit(self, result: EditResult, *, judged: bool) -> None:
        """Take over how the sample left the edit stage; `judged` if a judgement is to follow."""
        self.state = EDIT_STATES[result.outcome]
        if judged and self.state is State.EDITED:
            self.state = State.NOT_JUDGED
        self.instruction = result.instruction
        self.edited = result.image_sha256
        self.sources = result.sources_sha256
        self.width, self.height = result.width, result.height
        self.seconds = result.seconds
        self.attempts = (result.attempt, self.attempts[1])
        self.reason = result.reason

    def add_score(self, result: ScoreResult) -> None:
        """Take over how the sample left the score stage; a failed edit stays what it is."""
        if result.outcome is ScoreOutcome.NOT_EDITED:
            return
        self.state = SCORE_STATES[result.outcome]
        self.score = result.score
        self.minimum, self.maximum = result.minimum, result.maximum
        self.rubric, self.reply, self.reason = result.rubric, result.reply, result.reason
        self.attempts = (self.attempts[0], result.attempt)


def samples_of_run(run_dir: Path, *, judged: bool) -> list[ShownSample]:
    """Return every selected sample of a run directory in row order, reached or not.

    Args:
        run_dir: the run directory.
        judged: whether the run has a judge.

    Raises:
        RunDirectoryError: `results.jsonl` is damaged.
        OSError: a file cannot be read.
    """
    found: dict[int, ShownSample] = {}
    spool = run_dir / "samples.jsonl"
    if spool.is_file():
        for sample in read_spool(spool):
            found[sample.index] = ShownSample(
                id=sample.id,
                index=sample.index,
                category=sample.category,
                instruction=sample.instruction,
            )
    for result in sample_results(run_dir):
        category = (result.edit or result.score).category  # type: ignore[union-attr] # has one
        shown = found.setdefault(
            result.index, ShownSample(id=result.id, index=result.index, category=category)
        )
        if result.edit is not None:
            shown.add_edit(result.edit, judged=judged)
        if result.score is not None:
            shown.add_score(result.score)
    return [found[index] for index in sorted(found)]


@dataclass(slots=True)
class SamplesOfEvents:
    """Keeps samples from events, for a recording whose run directory is not there."""

    _samples: dict[int, ShownSample] = field(default_factory=dict)

    def hear(self, event: Event, *, judged: bool) -> None:
        """Take note of a sample that starts or leaves a stage; its pictures cannot be known."""
        if isinstance(event, SampleStarted):
            self._sample(event).instruction = event.instruction
        elif isinstance(event, SampleFinished) and event.stage == Stage.EDIT:
            sample = self._sample(event)
            sample.state = _state(EDIT_STATES, event.outcome)
            if judged and event.outcome == EditOutcome.OK:
                sample.state = State.NOT_JUDGED
            sample.seconds, sample.reason = event.seconds, event.reason
            sample.attempts = (event.attempt, sample.attempts[1])
        elif isinstance(event, SampleFinished) and event.outcome != ScoreOutcome.NOT_EDITED:
            sample = self._sample(event)
            sample.state = _state(SCORE_STATES, event.outcome)
            sample.score, sample.reply, sample.reason = event.score, event.reply, event.reason
            sample.attempts = (sample.attempts[0], event.attempt)

    def rows(self) -> list[ShownSample]:
        """Return the samples in row order."""
        return [self._samples[index] for index in sorted(self._samples)]

    def _sample(self, event: SampleStarted | SampleFinished) -> ShownSample:
        shown = ShownSample(id=event.sample, index=event.index, category=event.category)
        return self._samples.setdefault(event.index, shown)


def _state(states: "dict[EditOutcome, State] | dict[ScoreOutcome, State]", name: str) -> State:
    """Return the state of an outcome by name; one of a later version counts as failed."""
    for outcome, state in states.items():
        if str(outcome) == name:
            return state
    return State.EDIT_FAILED if EditOutcome.OK in states else State.SCORE_FAILED


def in_order(samples: Iterable[ShownSample]) -> Iterator[str]:
    """Yield the categories of samples, in order of first appearance."""
    yield from dict.fromkeys(sample.category for sample in samples)
