"""The total row of a stage, and the row of a phase."""

from dataclasses import dataclass

from editgauge.core.hooks.events import Event, SampleFinished, StageStarted
from editgauge.core.rates import images_per_minute
from editgauge.core.text import duration
from editgauge.reporters.amounts import coverage, percent, rate
from editgauge.reporters.bars import Form, bar_row, clock
from editgauge.reporters.pace import Pace
from editgauge.reporters.wording import phase_name, stage_name


class StageRow:
    """How far a stage got."""

    def __init__(self, event: StageStarted) -> None:
        """Begin with what the start of the stage says."""
        self.stage = event.stage
        self._since = event.elapsed
        self._samples = event.samples
        self._pace = Pace(event.batch_size)
        self._done = 0
        self._ok = 0
        self._mean: float | None = None

    def hear(self, event: Event) -> None:
        """Follow an event of this stage or of one of its workers."""
        self._pace.hear(event)
        if isinstance(event, SampleFinished):
            self._done, self._samples = event.done, event.of
            self._ok, self._mean = event.ok, event.mean

    @property
    def name(self) -> str:
        """What the stage does (`Editing`)."""
        return stage_name(self.stage)

    @property
    def amount(self) -> tuple[int, int]:
        """How many samples are done, of how many."""
        return self._done, self._samples

    def text(self, now: float, columns: int, *, ascii_only: bool) -> str:
        """Return the row: a bar with samples done, time, images a minute, and what failed."""
        amount = f"{self._done:,}/{self._samples:,}"
        taken, left = clock(self._taken(now)), clock(self._left(now))
        forms = [
            Form(self.name, f"{amount} [{taken}<{left}{tail}]")
            for tail in self._tails(self._speed(now))
        ]
        forms += [Form(self.name, f"{amount} {left} left"), Form(self.name, amount)]
        return bar_row(self._done, self._samples, forms, columns, ascii_only=ascii_only)

    def facts(self, now: float) -> str:
        """Return how far the stage is in a line of text, for displays without a bar.

        `Scoring: 40 of 100 (40 %), mean 7.75, 39 of 40 scored, 12.0 images/min, about 5 min left`.
        """
        share = f" ({percent(self._done, self._samples)})" if self._samples else ""
        parts = [f"{self.name}: {self._done:,} of {self._samples:,}{share}", *self._figures()]
        if (speed := self._speed(now)) is not None:
            parts.append(rate(speed))
        if (left := self._left(now)) is not None and self._done < self._samples:
            parts.append(f"about {duration(left)} left")
        return ", ".join(parts)

    def _taken(self, now: float) -> float:
        """Return the seconds of the stage so far, loading included."""
        return max(0.0, now - self._since)

    def _speed(self, now: float) -> float | None:
        return images_per_minute(self._ok, self._taken(now))

    def _left(self, now: float) -> float | None:
        return self._pace.seconds_left(max(0, self._samples - self._done), now)

    def _figures(self) -> list[str]:
        if self.stage == "score":
            covered = coverage(mean=self._mean, scored=self._ok, samples=self._done)
            return [covered] if self._done else []
        failed = self._done - self._ok
        return [f"{failed:,} failed"] if failed else []

    def _tails(self, speed: float | None) -> list[str]:
        """Return what may stand behind the times, the longest first."""
        long = [] if speed is None else [rate(speed)]
        short = [] if speed is None else [rate(speed, unit="/min")]
        facts = self._figures()
        parts: tuple[list[str], ...] = (long + facts, short + facts, long, short, [])
        return ["".join(f", {part}" for part in tail) for tail in parts]


@dataclass(slots=True)
class PhaseRow:
    """How far a phase got: `Checking the dataset: 300 of 1,212, 3 s`."""

    phase: str
    since: float
    done: int = 0
    of: int | None = None

    def text(self, now: float) -> str:
        """Return the row."""
        amount = f"{self.done:,}" if self.of is None else f"{self.done:,} of {self.of:,}"
        shown = f"{amount}, " if self.done or self.of else ""
        return f"{phase_name(self.phase)}: {shown}{max(0.0, now - self.since):.0f} s"
