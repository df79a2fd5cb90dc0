"""The table of categories that closes a run, as wide as the screen allows."""

from collections.abc import Callable, Sequence

from editgauge.core.hooks.events import CategoryFigures, Figures
from editgauge.core.text import clean_start
from editgauge.reporters.amounts import interval_of, number, percent
from editgauge.reporters.widths import pad, width

_NAME_LENGTHS = (24, 16, 10)
"""Characters of a category's name, the fewer the narrower the screen."""
_INDENT = "  "
_GAP = "  "

_Cell = Callable[[Figures], str]


def _mean(figures: Figures) -> str:
    return "-" if figures.mean is None else number(figures.mean)


def _interval(figures: Figures) -> str:
    return interval_of(figures) or "-"


_SHARE: _Cell = lambda figures: f"{figures.scored:,}/{figures.samples:,}"  # noqa: E731
_FORMS: tuple[dict[str, _Cell], ...] = (
    {
        "count": lambda figures: f"{figures.samples:,}",
        "scored": lambda figures: f"{figures.scored:,}",
        "coverage": lambda figures: percent(figures.scored, figures.samples),
        "mean": _mean,
        "95 % interval": _interval,
    },
    {"scored": _SHARE, "mean": _mean, "95 % interval": _interval},
    {"scored": _SHARE, "mean": _mean},
)
"""Columns behind the category's name, the widest form first; a mean never stands without its
coverage."""


def category_table(categories: Sequence[CategoryFigures], columns: int) -> list[str]:
    """Return a head line and one line for each category, in the widest form that fits.

    Args:
        categories: what to show; if there are none, no line is returned.
        columns: columns of the screen.
    """
    if not categories:
        return []
    lines: list[str] = []
    for form in _FORMS:
        for length in _NAME_LENGTHS:
            lines = _lines(categories, form, length)
            if max(map(width, lines)) < columns:
                return lines
    return lines


def _lines(categories: Sequence[CategoryFigures], form: dict[str, _Cell], length: int) -> list[str]:
    names = ["category", *(clean_start(entry.category, length) or "(none)" for entry in categories)]
    widest = max(map(width, names))
    lines = [f"{_INDENT}{pad(name, widest)}" for name in names]
    for head, cell in form.items():
        cells = [head, *(cell(entry.figures) for entry in categories)]
        room = max(map(len, cells))
        lines = [f"{line}{_GAP}{text:>{room}}" for line, text in zip(lines, cells, strict=True)]
    return lines
