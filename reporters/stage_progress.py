"""When a line about the progress of a stage is due, by the times of events alone."""

from editgauge.core.hooks.events import Event, SampleFinished, StageStarted
from editgauge.reporters.stage_rows import StageRow

PROGRESS_SECONDS = 5.0
"""Least time between two lines of progress."""
PROGRESS_PERCENT = 5
"""Least share of a stage between two lines of progress."""
FEW_SAMPLES = 100 // PROGRESS_PERCENT
"""In a stage of no more samples, each of them is such a share: it has a line of its own."""


class StageProgress:
    """Follows a stage and says when there is news of it."""

    def __init__(self, event: StageStarted, *, every_sample: bool) -> None:
        """Begin a stage; with `every_sample`, each has a line, however many there are."""
        self.tells_samples = every_sample or event.samples <= FEW_SAMPLES
        """Whether each sample has a line of its own, so that no other is needed."""
        self._every_sample = every_sample
        self._grows = False
        self._row = StageRow(event)
        self._done = 0
        self._of = event.samples
        self._told = 0
        self._told_at = event.elapsed

    def hear(self, event: Event) -> None:
        """Follow an event of this stage."""
        self._row.hear(event)
        if isinstance(event, SampleFinished):
            # The stage of a session has more samples with each call.
            self._grows = self._grows or event.of != self._of
            self._done, self._of = event.done, event.of
            if self._of > FEW_SAMPLES:
                self.tells_samples = self._every_sample

    def line(self, now: float, *, is_overdue: bool) -> str | None:
        """Return a line of progress if one is due, else None.

        Args:
            now: time of the event that was heard last, in seconds of the run.
            is_overdue: whether nothing at all was told for long, so that any progress is news.
        """
        if self.tells_samples or (self._done >= self._of and not self._grows):
            return None
        is_later = now - self._told_at >= PROGRESS_SECONDS
        is_further = 100 * (self._done - self._told) >= PROGRESS_PERCENT * self._of
        if not is_overdue and not (is_later and is_further):
            return None
        self._told, self._told_at = self._done, now
        return self._row.facts(now)
