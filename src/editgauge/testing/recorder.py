"""A reporter that keeps every event, with look-ups that know their types."""

from typing import TypeVar

from editgauge.core.hooks.events import (
    BatchEvent,
    Event,
    LogEmitted,
    ReporterFailed,
    RunEvent,
    RunFinished,
    SampleEvent,
    SampleFinished,
    SampleRetried,
    SampleStarted,
    StepEvent,
    StepFinished,
)
from editgauge.core.hooks.hookspecs import hookimpl

Kind = TypeVar("Kind", bound=Event)


class EventRecorder:
    """Hears a run and keeps what it was told: `editgauge.run(config, reporters=[recorder])`.

    Attributes:
        events: every event, in order.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Keep it."""
        self.events.append(event)

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Keep it."""
        self.events.append(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Keep it."""
        self.events.append(event)

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Keep it."""
        self.events.append(event)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return every event of a kind, in order: `recorder.of(events.WorkerLost)`."""
        return [event for event in self.events if isinstance(event, kind)]

    def only(self, kind: type[Kind]) -> Kind:
        """Return the one event of a kind.

        Raises:
            LookupError: there is none, or there are several.
        """
        found = self.of(kind)
        if len(found) != 1:
            kinds = ", ".join(dict.fromkeys(self.kinds())) or "nothing"
            raise LookupError(
                f"expected one {kind.__name__}, got {len(found)}; what was heard: {kinds}"
            )
        return found[0]

    def kinds(self) -> list[str]:
        """Return the names of the kinds of all events, in order."""
        return [type(event).__name__ for event in self.events]

    def started(self, stage: str | None = None, sample: str | None = None) -> list[SampleStarted]:
        """Return the starts of samples, of a `stage` (`edit`, `score`) or one `sample` only."""
        return [event for event in self.of(SampleStarted) if _is_of(event, stage, sample)]

    def retried(self, stage: str | None = None, sample: str | None = None) -> list[SampleRetried]:
        """Return what was tried again, of a `stage` or one `sample` only."""
        return [event for event in self.of(SampleRetried) if _is_of(event, stage, sample)]

    def finished(self, stage: str | None = None, sample: str | None = None) -> list[SampleFinished]:
        """Return the ends of samples, of a `stage` (`edit`, `score`) or one `sample` only."""
        return [event for event in self.of(SampleFinished) if _is_of(event, stage, sample)]

    def steps(self, sample: str | None = None) -> list[StepFinished]:
        """Return the denoising steps, of one `sample` only if it is given."""
        return [event for event in self.of(StepFinished) if sample in (None, event.sample)]

    def outcomes(self, stage: str) -> dict[str, str]:
        """Return how each sample left a stage, by id."""
        return {event.sample: event.outcome for event in self.finished(stage)}

    def scores(self) -> dict[str, float | None]:
        """Return the score of each sample that left the score stage, by id."""
        return {event.sample: event.score for event in self.finished("score")}

    def replies(self) -> dict[str, str | None]:
        """Return the judge's words about each sample, by id."""
        return {event.sample: event.reply for event in self.finished("score")}

    def reasons(self, stage: str) -> dict[str, str]:
        """Return why samples did not leave a stage with `ok`, by id."""
        return {event.sample: event.reason for event in self.finished(stage) if event.reason}

    def logs(self, worker: str | None = None) -> list[str]:
        """Return the log lines, of one `worker` only if it is given; of the run itself: `""`."""
        return [event.text for event in self.of(LogEmitted) if worker in (None, event.worker)]

    def failed_reporters(self) -> dict[str, str]:
        """Return the reporters that raised, each with its error."""
        return {event.reporter: event.error for event in self.of(ReporterFailed)}

    @property
    def end(self) -> RunFinished:
        """The last event of the run.

        Raises:
            LookupError: the run has not ended.
        """
        return self.only(RunFinished)


def _is_of(
    event: SampleStarted | SampleRetried | SampleFinished, stage: str | None, sample: str | None
) -> bool:
    return stage in (None, event.stage) and sample in (None, event.sample)
