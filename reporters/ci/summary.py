"""A run's end in GitHub's Markdown: key figures, categories, problems, and how to go on."""

from collections.abc import Sequence

from editgauge.core.hooks.events import CategoryFigures, Figures, RunFinished
from editgauge.core.text import counted, duration
from editgauge.reporters.amounts import coverage_of, number, outcomes
from editgauge.reporters.ci.finished_samples import FinishedSample
from editgauge.reporters.ci.markdown import as_code, as_text, table

_CATEGORIES = 200
"""Categories that are listed; more are counted."""


def summary_lines(
    event: RunFinished, samples: Sequence[FinishedSample], *, problems: int
) -> list[str]:
    """Return the lines of the summary.

    Args:
        event: the end of the run.
        samples: what became of its samples, in row order.
        problems: how many samples that are not `ok` are named at most.
    """
    lines = [f"## editgauge: {as_text(event.status, 40)}", "", *_head(event), ""]
    if event.reason:
        lines += [as_code(event.reason, 2_000), ""]
    lines += _categories(event.categories)
    lines += _problems(samples, problems)
    if event.advice:
        lines += [as_code(event.advice, 4_000), ""]
    return lines


def _head(event: RunFinished) -> list[str]:
    facts = [f"run {as_text(event.run_id, 200)}", counted(event.samples, "sample")]
    facts.append(duration(event.seconds))
    if event.exit_code:
        facts.append(f"exit code {event.exit_code}")
    lines = [f"{', '.join(facts)}."]
    if event.figures is not None and event.score_outcomes:
        lines.append(f"**{coverage_of(event.figures)}**.")
    elif event.score_outcomes:
        lines.append("No mean over rubrics of different range.")
    if event.edit_outcomes:
        lines.append(f"Edits: {as_text(outcomes(event.edit_outcomes), 500)}.")
    if event.score_outcomes:
        lines.append(f"Scores: {as_text(outcomes(event.score_outcomes), 500)}.")
    if event.skipped_rows:
        lines.append(f"Skipped: {counted(event.skipped_rows, 'bad row')} of the dataset.")
    return lines


def _categories(categories: Sequence[CategoryFigures]) -> list[str]:
    if not categories:
        return []
    head = ("category", "scored", "mean", "95 % interval", "std", "min", "max")
    rows = [
        (as_text(entry.category, 100) or "(none)", *_cells(entry.figures))
        for entry in categories[:_CATEGORIES]
    ]
    lines = table(head, rows, numbers=len(head) - 1)
    if more := len(categories) - len(rows):
        lines += ["", f"And {more:,} more."]
    return [*lines, ""]


def _cells(figures: Figures) -> list[str]:
    low, high = figures.low, figures.high
    interval = "" if low is None or high is None else f"{number(low)} to {number(high)}"
    values = (figures.std, figures.minimum, figures.maximum)
    return [
        f"{figures.scored:,} of {figures.samples:,}",
        "" if figures.mean is None else number(figures.mean),
        interval,
        *("" if value is None else number(value) for value in values),
    ]


def _problems(samples: Sequence[FinishedSample], most: int) -> list[str]:
    found = [(sample, problem) for sample in samples if (problem := sample.problem) is not None]
    if not found:
        return []
    rows = [
        (
            str(sample.index),
            as_text(sample.id, 100),
            f"{problem.stage}: {as_text(problem.outcome, 40)}",
            as_text(problem.reason, 300),
        )
        for sample, problem in found[:most]
    ]
    lines = [f"### {counted(len(found), 'sample')} without a result", ""]
    lines += table(("row", "sample", "outcome", "reason"), rows, numbers=0) if rows else []
    if more := len(found) - len(rows):
        lines += ["", f"{'And ' * bool(rows)}{more:,} more, see results.jsonl."]
    return [*lines, ""]
