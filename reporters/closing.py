"""The blocks that close a stage and a run."""

from dataclasses import dataclass
from pathlib import Path

from editgauge.core.hooks.events import CategoryFigures, Count, RunFinished, StageFinished
from editgauge.core.text import clean, clean_start, counted, duration
from editgauge.reporters.amounts import coverage_of, extremes, outcomes, rate
from editgauge.reporters.category_table import category_table
from editgauge.reporters.stage_times import StageTimes
from editgauge.reporters.widths import fold, width

_REASON_LINES = 20
_LEAST_REASON_LINES = 3
_MOST_CATEGORIES = 100
"""Categories that are listed where there is no screen: more make no table for people."""
_USUAL_COLUMNS = 80


def stage_block(
    event: StageFinished, times: StageTimes, *, screen: tuple[int, int] | None = None
) -> list[str]:
    """Return the lines that close a stage: outcomes, and of scores total, mean, min, max.

    Args:
        event: the end of the stage.
        times: what it took, its end heard.
        screen: columns and rows; long lines are folded where a fact ends. None: they are left.
    """
    lines = _score_lines(event, times) if event.stage == "score" else _edit_lines(event, times)
    return lines if screen is None else [part for line in lines for part in fold(line, screen[0])]


def _edit_lines(event: StageFinished, times: StageTimes) -> list[str]:
    return [f"Editing finished in {_pace(event, times)}: {outcomes(event.outcomes)}"]


def _score_lines(event: StageFinished, times: StageTimes) -> list[str]:
    lines = [f"Scoring finished in {_pace(event, times)}", f"  {outcomes(event.outcomes)}"]
    if event.figures is None:
        return [*lines, f"  total {event.samples:,}; no mean over rubrics of different range"]
    figures = event.figures
    parts = [f"total {figures.samples:,}", f"scored {figures.scored:,}", extremes(figures)]
    return [*lines, f"  {', '.join(filter(None, parts))}", f"  {coverage_of(figures)}"]


def _pace(event: StageFinished, times: StageTimes) -> str:
    speed = times.speed(event.stage)
    pace = f" ({rate(speed)})" if speed is not None else ""
    return f"{duration(event.seconds)}{pace}"


@dataclass(slots=True)
class _Part:
    """Lines of the closing block; of those that may be left out, the least `weight` goes first."""

    lines: list[str]
    weight: int | None = None


def run_block(
    event: RunFinished,
    run_dir: Path,
    *,
    times: StageTimes | None = None,
    screen: tuple[int, int] | None = None,
) -> list[str]:
    """Return the lines that close a run.

    Args:
        event: the end of the run.
        run_dir: where the results are.
        times: what the stages took, the end of the run heard.
        screen: columns and rows that the block should fit: categories that find no room are
            counted, and on a very low screen lines of less weight are left out. None: as many
            categories as people read.
    """
    head, tail = _head(event, times), _tail(event, run_dir)
    if screen is None:
        table = _table(event.categories, _USUAL_COLUMNS, _MOST_CATEGORIES + 1)
        return [*_lines_of(head), *table, *_lines_of(tail)]
    columns, rows = max(1, screen[0]), screen[1]
    for part in head:
        part.lines = [line for whole in part.lines for line in fold(whole, columns)]
    _shrink([*head, *tail], columns, rows)
    room = rows - _height([*head, *tail], columns)
    return [*_lines_of(head), *_table(event.categories, columns, room), *_lines_of(tail)]


def _lines_of(parts: list[_Part]) -> list[str]:
    return [line for part in parts for line in part.lines]


def _height(parts: list[_Part], columns: int) -> int:
    return sum(max(1, -(-width(line) // columns)) for line in _lines_of(parts))


def _shrink(parts: list[_Part], columns: int, rows: int) -> None:
    """Take out what weighs least until the rest fits."""
    by_weight = sorted((part for part in parts if part.weight is not None), key=_weight)
    for part in by_weight:
        if _height(parts, columns) <= rows:
            return
        part.lines.clear()


def _weight(part: _Part) -> int:
    return part.weight or 0


def _head(event: RunFinished, times: StageTimes | None) -> list[_Part]:
    # No speed here: a run that goes on counts samples of its earlier parts, too.
    samples = counted(event.samples, "sample")
    if (done := _done(event)) < event.samples:
        samples = f"{done:,} of {samples}"
    first = f"Run {clean(event.status)}: {samples} in {duration(event.seconds)}"
    parts = [_Part([f"{first}, exit code {event.exit_code}" if event.exit_code else first])]
    reason = [
        f"  {'reason' if number == 0 else '':<8} {clean_start(line, 500)}"
        for number, line in enumerate(event.reason.splitlines()[:_REASON_LINES])
    ]
    parts += [_Part(reason[:_LEAST_REASON_LINES]), _Part(reason[_LEAST_REASON_LINES:], 1)]
    if event.edit_outcomes:
        parts.append(_Part([f"  edited   {_share(event.edit_outcomes, event.samples)}"], 7))
    if event.score_outcomes:
        parts.append(_Part([f"  scored   {_share(event.score_outcomes, event.samples)}"], 8))
    elif event.edit_outcomes and times is not None and "score" in times.planned:
        parts.append(_Part([f"  scored   {_share((), event.samples)}"], 8))
    if event.figures is not None and event.score_outcomes:
        parts.append(_Part([f"  score    {coverage_of(event.figures)}"]))
        if text := extremes(event.figures):
            parts.append(_Part([f"           {text}"], 2))
    elif event.score_outcomes:
        text = "  score    no mean over rubrics of different range; see the categories"
        parts.append(_Part([text]))
    if times is not None:
        lines = [
            f"  {'stages' if number == 0 else '':<8} {text}"
            for number, text in enumerate(times.summary())
        ]
        parts.append(_Part(lines, 4))
    if event.skipped_rows:
        rows = counted(event.skipped_rows, "bad row")
        parts.append(_Part([f"  skipped  {rows} of the dataset"], 5))
    return parts


def _tail(event: RunFinished, run_dir: Path) -> list[_Part]:
    tail = [_Part([f"  results  {clean(str(run_dir))}"])]
    if event.advice:
        tail.append(_Part([f"  {clean(event.advice)}"]))
    return tail


def _share(counts: tuple[Count, ...], samples: int) -> str:
    ok = sum(count.number for count in counts if count.name == "ok")
    rest = tuple(count for count in counts if count.name != "ok")
    parts = [outcomes(rest)] if rest else []
    if (left := samples - sum(count.number for count in counts)) > 0:
        parts.append(f"{left:,} not reached")
    return f"{ok:,} of {samples:,}" + (f" ({', '.join(parts)})" if parts else "")


def _done(event: RunFinished) -> int:
    """Return how many samples left the last stage that any sample left."""
    return sum(count.number for count in event.score_outcomes or event.edit_outcomes)


def _table(categories: tuple[CategoryFigures, ...], columns: int, room: int) -> list[str]:
    """Return at most `room` lines: the categories, or the first of them and how many are left."""
    if not categories or room < 1:
        return []
    shown = categories
    if len(categories) + 1 > room:
        shown = categories[: max(0, room - 2)]
    lines = category_table(shown, columns)
    if left := len(categories) - len(shown):
        names_left = "category" if left == 1 else "categories"
        lines.append(f"  and {left:,} more {names_left}, see run.json")
    return lines
