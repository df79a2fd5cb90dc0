"""The blocks that close a stage and a run."""

from pathlib import Path

from editgauge.core.hooks.events import CategoryFigures, Count, RunFinished, StageFinished
from editgauge.core.text import clean, clean_start, counted, duration
from editgauge.reporters.amounts import (
    coverage_of,
    extremes,
    number,
    outcomes,
    per_minute,
    rate,
)
from editgauge.reporters.widths import pad, width

_NAME_LENGTH = 24
_REASON_LINES = 20


def edit_block(event: StageFinished) -> list[str]:
    """Return the lines that close the edit stage."""
    return [f"Editing finished in {_pace(event)}: {outcomes(event.outcomes)}"]


def score_block(event: StageFinished) -> list[str]:
    """Return the lines that close the score stage: total, scored, mean, min, max."""
    lines = [f"Scoring finished in {_pace(event)}", f"  {outcomes(event.outcomes)}"]
    if event.figures is None:
        return [*lines, f"  total {event.samples:,}; no mean over rubrics of different range"]
    figures = event.figures
    parts = [f"total {figures.samples:,}", f"scored {figures.scored:,}", extremes(figures)]
    return [*lines, f"  {', '.join(filter(None, parts))}", f"  {coverage_of(figures)}"]


def _pace(event: StageFinished) -> str:
    # What ended at once did nothing, or was not worth a figure.
    speed = per_minute(event.samples, event.seconds) if event.seconds >= 0.1 else None
    pace = f" ({rate(speed)})" if speed is not None else ""
    return f"{duration(event.seconds)}{pace}"


def run_block(
    event: RunFinished, run_dir: Path, *, screen: tuple[int, int] | None = None
) -> list[str]:
    """Return the lines that close a run.

    Args:
        event: the end of the run.
        run_dir: where the results are.
        screen: columns and rows that the block should fit; categories that find no room are
            counted. None: every category is listed.
    """
    head = _head(event)
    tail = [f"  results  {clean(str(run_dir))}"]
    if event.advice:
        tail.append(f"  {clean(event.advice)}")
    room = None
    if screen is not None:
        columns, rows = max(1, screen[0]), screen[1]
        room = rows - sum(-(-width(text) // columns) for text in head + tail)
    return [*head, *_table(event.categories, room), *tail]


def _head(event: RunFinished) -> list[str]:
    # No speed here: a run that goes on counts samples of its earlier parts, too.
    samples = counted(event.samples, "sample")
    lines = [f"Run {clean(event.status)}: {samples} in {duration(event.seconds)}"]
    if event.exit_code:
        lines.append(f"  exit code {event.exit_code}")
    for number_of_line, line in enumerate(event.reason.splitlines()[:_REASON_LINES]):
        label = "reason " if number_of_line == 0 else "       "
        lines.append(f"  {label}  {clean_start(line, 500)}")
    if event.edit_outcomes:
        lines.append(f"  edited   {_share(event.edit_outcomes, event.samples)}")
    if event.score_outcomes:
        lines.append(f"  scored   {_share(event.score_outcomes, event.samples)}")
    if event.figures is not None and event.score_outcomes:
        lines.append(f"  score    {coverage_of(event.figures)}")
        if text := extremes(event.figures):
            lines.append(f"           {text}")
    elif event.score_outcomes:
        lines.append("  score    no mean over rubrics of different range; see the categories")
    if event.skipped_rows:
        lines.append(f"  skipped  {counted(event.skipped_rows, 'bad row')} of the dataset")
    return lines


def _share(counts: tuple[Count, ...], samples: int) -> str:
    ok = sum(count.number for count in counts if count.name == "ok")
    rest = tuple(count for count in counts if count.name != "ok")
    return f"{ok:,} of {samples:,}" + (f" ({outcomes(rest)})" if rest else "")


def _table(categories: tuple[CategoryFigures, ...], room: int | None) -> list[str]:
    if not categories or (room is not None and room < 1):
        return []
    shown = categories
    if room is not None and len(categories) + 1 > room:
        shown = categories[: max(0, room - 2)]
    names = [clean_start(entry.category, _NAME_LENGTH) or "(none)" for entry in shown]
    columns = max([len("category"), *(width(name) for name in names)])
    lines = [f"  {pad('category', columns)}   mean    std  scored"] if shown else []
    for name, entry in zip(names, shown, strict=True):
        figures = entry.figures
        mean = "-" if figures.mean is None else number(figures.mean)
        std = "-" if figures.std is None else number(figures.std)
        lines.append(
            f"  {pad(name, columns)} {mean:>6} {std:>6}  {figures.scored:,} of {figures.samples:,}"
        )
    if left := len(categories) - len(shown):
        names_left = "category" if left == 1 else "categories"
        lines.append(f"  and {left} more {names_left}, see run.json")
    return lines
