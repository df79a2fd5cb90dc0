"""What the level `errors` of `plain` leaves: errors, and one line that closes the run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from editgauge.core.hooks.events import Event, RunFinished, StatusReported
from editgauge.core.text import clean, clean_start, counted, duration
from editgauge.reporters.amounts import coverage_of
from editgauge.reporters.levels import level_of
from editgauge.reporters.wording import Line, Rank

_REASON_LINES = 20
_REASON_LENGTH = 500


def errors_only(event: Event, lines: Sequence[Line], run_dir: Path) -> list[Line]:
    """Return what is left of the lines of an event.

    Args:
        event: the event.
        lines: all that it is worth.
        run_dir: where the results are.
    """
    if isinstance(event, RunFinished):
        return list(_closing(event, run_dir))
    if isinstance(event, StatusReported):
        return list(lines)  # somebody has asked for it
    return [line for line in lines if line.level == "error"]


def _closing(event: RunFinished, run_dir: Path) -> Iterator[Line]:
    """Yield why the run is no good one and how to go on, if so, and the one closing line."""
    level = level_of(event)
    for text in event.reason.splitlines()[:_REASON_LINES]:
        yield Line(clean_start(text, _REASON_LENGTH), level, Rank.ESSENTIAL)
    if event.advice and event.exit_code:
        yield Line(clean(event.advice), level, Rank.ESSENTIAL)
    yield Line(closing_line(event, run_dir), level, Rank.ESSENTIAL)


def closing_line(event: RunFinished, run_dir: Path) -> str:
    """Return a run in a line: how it ended, edited, scored, mean, and where the results are."""
    parts = [f"Run {clean(event.status)} in {duration(event.seconds)}"]
    if event.exit_code:
        parts[0] += f" with exit code {event.exit_code}"
    of = counted(event.samples, "sample")
    done = [
        f"{sum(count.number for count in counts if count.name == 'ok'):,} of {of} {verb}"
        for counts, verb in ((event.edit_outcomes, "edited"), (event.score_outcomes, "scored"))
        if counts
    ]
    if event.score_outcomes and event.figures is not None:
        done[-1] = coverage_of(event.figures)
    return f"{', '.join([*parts, *done])}; results in {clean(str(run_dir))}"
