"""The total row of a stage, and the row of a phase."""

from dataclasses import dataclass

from tqdm.std import tqdm

from editgauge.core.hooks.events import SampleFinished, SampleStarted
from editgauge.core.text import clean
from editgauge.reporters.amounts import coverage, per_minute, rate
from editgauge.reporters.widths import width
from editgauge.reporters.wording import phase_name

_LEAST_BAR = 6


@dataclass(slots=True)
class StageRow:
    """How far a stage got.

    Attributes:
        stage: `edit` or `score`.
        samples: samples in the stage.
    """

    stage: str
    samples: int
    _begun: float | None = None
    _done: int = 0
    _ok: int = 0
    _mean: float | None = None
    _by_workers: int = 0
    _last: float = 0.0

    def hear(self, event: SampleStarted | SampleFinished) -> None:
        """Follow a sample of this stage."""
        if isinstance(event, SampleStarted):
            if self._begun is None:
                self._begun = event.elapsed
            return
        self._done, self.samples = event.done, event.of
        self._ok, self._mean = event.ok, event.mean
        self._last = event.elapsed
        # Samples without an edited image leave the score stage without a worker, in no time.
        self._by_workers += bool(event.worker)

    def text(self, now: float, columns: int, *, ascii_only: bool) -> str:
        """Return the row: a bar with samples done, time, images a minute, and what failed."""
        begun = now if self._begun is None else self._begun
        elapsed = max(0.0, now - begun)
        speed = per_minute(self._by_workers, self._last - begun)
        name = {"edit": "Editing", "score": "Scoring"}.get(self.stage) or clean(self.stage)
        head = f"{name}: 100%|"
        middle = f"| {self._done}/{self.samples} [00:00<00:00"
        tail = next(
            (
                tail
                for tail in self._tails(speed)
                if len(head) + _LEAST_BAR + len(middle) + width(tail) <= columns
            ),
            "",
        )
        bar_format = (
            "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}"
            + tail.replace("{", "{{").replace("}", "}}")
            + "]"
        )
        return tqdm.format_meter(
            min(self._done, self.samples),
            self.samples,
            elapsed,
            ncols=columns,
            prefix=name,
            ascii=ascii_only,
            rate=self._needed_rate(speed, now),
            bar_format=bar_format,
        )

    def _needed_rate(self, speed: float | None, now: float) -> float | None:
        """Return samples a second such that tqdm's `remaining` counts down between samples."""
        left = self.samples - self._done
        if speed is None or left < 1:
            return None if speed is None else speed / 60
        remaining = max(0.0, left * 60 / speed - max(0.0, now - self._last))
        return left / max(remaining, 0.001)

    def _tails(self, speed: float | None) -> list[str]:
        """Return what may stand behind the times, the longest first."""
        failed = self._done - self._ok
        long = [] if speed is None else [rate(speed)]
        short = [] if speed is None else [rate(speed, unit="/min")]
        facts = [f"{failed:,} failed"] if failed else []
        if self.stage == "score":
            covered = coverage(mean=self._mean, scored=self._ok, samples=self._done)
            facts = [covered] if self._done else []
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
