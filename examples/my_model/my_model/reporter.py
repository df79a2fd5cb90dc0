"""The reporter. It runs in the parent, in a thread of its own."""

from editgauge import ReporterContext, events, hookimpl
from my_model import WorstConfig


class Worst:
    """Lists the samples with the least scores, for people who look at pictures."""

    def __init__(self, config: WorstConfig, context: ReporterContext) -> None:
        """Take what every reporter is given."""
        self._number = config.number
        self._path = context.run_dir / "worst.txt"
        self._scored: list[tuple[float, str]] = []

    @hookimpl
    def sample_event(self, event: events.SampleEvent) -> None:
        """Keep scores; kinds of events that are not known are passed over."""
        if isinstance(event, events.SampleFinished) and event.score is not None:
            # Ids come from outside: repr shows what is no plain text in them.
            self._scored.append(
                (event.score, f"{event.score:.3f}  {event.image}  {event.sample!r}")
            )

    def close(self) -> None:
        """Write the file, once, after the last event."""
        lines = [line for _, line in sorted(self._scored)[: self._number]]
        self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
