"""Rows with a bar, in the longest form that fits; the bar itself is drawn by tqdm."""

from collections.abc import Sequence
from typing import NamedTuple

from editgauge.reporters.widths import width

_LEAST_BAR = 5
"""Columns of the shortest bar that says anything."""


class Form(NamedTuple):
    """One way to write a row: what stands before the percentage, and behind the bar."""

    before: str
    behind: str


def clock(seconds: float | None) -> str:
    """Return `01:33` or `2:05:00` as tqdm writes times, and `?` for a time that is not known."""
    if seconds is None:
        return "?"
    from tqdm.std import tqdm

    return str(tqdm.format_interval(max(0.0, seconds)))


def bar_row(done: int, of: int, forms: Sequence[Form], columns: int, *, ascii_only: bool) -> str:
    """Return `Editing:  25%|███      | 3/12 [01:33<04:39]` in the first form that fits.

    If none fits with a bar, the first that fits without one is taken, or else the last.

    Args:
        done: how much is done.
        of: how much there is to do.
        forms: what stands around the bar, the best form first.
        columns: columns that the row fills.
        ascii_only: whether the bar is drawn with ASCII characters.
    """
    done = min(done, of)
    # 100% is said only of what is done.
    share = 100 * done / of if of else 0.0
    percent = f"{share if done == of else min(share, 99):3.0f}%"
    for form in forms:
        before = f"{_head(form)} {percent}|"
        behind = f"| {form.behind}"
        if (room := columns - width(before) - width(behind)) >= _LEAST_BAR:
            return f"{before}{_bar(done, of, room, ascii_only=ascii_only)}{behind}"
    rows = [f"{_head(form)} {form.behind}" for form in forms]
    return next((row for row in rows if width(row) <= columns), forms[-1].behind)


def _head(form: Form) -> str:
    # A label in brackets alone needs no colon.
    return form.before if form.before.rstrip().endswith("]") else f"{form.before}:"


def _bar(done: int, of: int, columns: int, *, ascii_only: bool) -> str:
    from tqdm.std import tqdm

    # tqdm's live objects are not used: they read the wall clock, write in pieces, and share a list
    # and a lock with the bars of the program around us.
    return str(
        tqdm.format_meter(done, max(1, of), 0, ncols=columns, ascii=ascii_only, bar_format="{bar}")
    )
