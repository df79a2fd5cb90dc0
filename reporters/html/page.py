"""The page of a report, made of what was collected, by Jinja templates that escape everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge.core.hooks.events import RunFinished
from editgauge.core.rates import images_per_minute
from editgauge.core.text import clean, duration
from editgauge.reporters.amounts import number, rate
from editgauge.reporters.html.embedded_data import json_for_html, page_data, shown_text
from editgauge.reporters.html.plots import draw_line, nice_end
from editgauge.reporters.html.record import Record
from editgauge.reporters.html.samples import ShownSample, in_order
from editgauge.reporters.html.score_tables import category_rows, highest_share, state_counts
from editgauge.reporters.html.states import NOT_EDITED
from editgauge.reporters.html.time_line import TimeLine

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
_AXIS_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that a page is made of.

    Attributes:
        run_id: name of the run directory.
        models: the edit model and the judge, by registered name.
        judged: whether the run has a judge.
        finished: the last event.
        samples: in row order.
        time_line: of the last start.
        record: what `run.json` says.
        picture_size: longest side of a large picture in pixels.
        notes: what the reader should know before all else, in a sentence each.
    """

    run_id: str
    models: tuple[str, ...]
    judged: bool
    finished: RunFinished
    samples: Sequence[ShownSample]
    time_line: TimeLine
    record: Record
    picture_size: int
    notes: tuple[str, ...] = ()


def render_placeholder(run_id: str, *, styles: Sequence[str]) -> str:
    """Return the page that stands in the folder until the run ends."""
    return (
        _environment().get_template("placeholder.html.jinja").render(run_id=run_id, styles=styles)
    )


def render_page(report: Report, *, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Return the page; `styles` and `scripts` are addresses beside it."""
    finished, samples = report.finished, report.samples
    categories = [group.category for group in finished.categories]
    categories += [name for name in in_order(samples) if name not in set(categories)]
    rows = category_rows(samples, finished, categories)
    counts = state_counts(samples)
    edited = sum(sample.state not in NOT_EDITED for sample in samples)
    data = page_data(samples, categories, picture_size=report.picture_size)
    end = nice_end(report.time_line.end)
    lines = [report.time_line.preparing, *report.time_line.lines()]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            report=report,
            finished=finished,
            record=report.record,
            styles=styles,
            scripts=scripts,
            rows=rows,
            total=rows[-1] if rows else None,
            most=highest_share(rows),
            states=counts,
            good=sum(count.number for count in counts if count.kind == "good"),
            categories=data["categories"],
            edited=edited,
            rate=_rate(edited, report.record.edit_seconds),
            lines=[line for line in lines if line.spans or line.losses],
            axis=[duration(end * part / _AXIS_PARTS) for part in range(_AXIS_PARTS + 1)],
            draw_line=lambda line: draw_line(line, end=end),
            data=json_for_html(data),
        )
    )


def _rate(edited: int, seconds: float | None) -> str:
    """Return the edits a minute of all starts, or nothing if that cannot be said."""
    found = images_per_minute(edited, seconds)
    return "" if found is None else rate(found, unit="")


def _percent(share: float) -> str:
    """Return a share in whole percent; only nothing is 0 %, and only all is 100 %."""
    percent = min(99, max(1, round(100 * share))) if 0 < share < 1 else round(100 * share)
    return f"{percent} %"


def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Any] = {
        "clean": clean,
        "shown": shown_text,
        "number": number,
        "duration": duration,
        "grouped": lambda value: f"{value:,}",
        "percent": _percent,
        "axis": lambda value: f"{value:.6g}",
    }
    environment.filters.update(filters)
    return environment
