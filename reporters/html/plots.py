"""The plots of a report as inline SVG, drawn by drawsvg.

They hold shapes only, and numbers and class names of this module: the words stand beside them in
HTML, where they stay readable at every width. Colours come from classes, for light and dark; the
content security policy allows no style attributes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from editgauge.reporters.html.time_line import Span, WorkerLine

if TYPE_CHECKING:
    from drawsvg import Drawing

_WIDTH = 1000
_BAR_HEIGHT = 16
_PLOT_HEIGHT = 320
_INTERVAL_HEIGHT = 16
_ROOM = _PLOT_HEIGHT - 2 * _INTERVAL_HEIGHT
"""Height that the highest bar may have, below the interval."""
_LEAST_WIDTH = 2
"""Width of a span that would be too small to be seen, in thousandths of the time line."""
_MOST_WHOLE_BINS = 20
_BINS = 20
_NICE = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Scores counted: `counts` of equal bins from `low` to `high`.

    `whole` if every score is a whole number and each bin is for one of them.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    whole: bool

    @property
    def most(self) -> float:
        """The share of the fullest bin, 0 to 1."""
        return max(self.counts, default=0) / max(1, sum(self.counts))


def histogram_of(scores: Sequence[float], low: float, high: float) -> Histogram:
    """Return scores counted from `low` to `high`, their rubric's range."""
    low, high = min([low, *scores]), max([high, *scores])
    whole = (
        all(score.is_integer() for score in map(float, [*scores, low, high]))
        and high - low < _MOST_WHOLE_BINS
    )
    bins = int(high - low) + 1 if whole else _BINS
    counts = [0] * bins
    for score in scores:
        if whole:
            counts[int(score - low)] += 1
        else:
            share = (score - low) / (high - low) if high > low else 0.0
            counts[min(bins - 1, int(share * bins))] += 1
    return Histogram(low, high, tuple(counts), whole)


def draw_histogram(
    histogram: Histogram,
    *,
    most: float,
    mean: float | None,
    interval: tuple[float, float] | None,
) -> str:
    """Return a histogram as SVG, stretched to whatever box it is put into.

    Args:
        histogram: the counts.
        most: share that fills the whole height, so that several plots can be compared.
        mean: drawn as a line, if there is one.
        interval: of the mean, drawn as a bar above, if there is one.
    """
    import drawsvg

    drawing = _drawing(_PLOT_HEIGHT, "plot")
    width = _WIDTH / len(histogram.counts)
    total = sum(histogram.counts)
    for number, count in enumerate(histogram.counts):
        height = _ROOM * (count / total) / most if total and most else 0
        if count:
            height = max(height, _LEAST_WIDTH * 3)
            drawing.append(
                drawsvg.Rectangle(
                    _round(number * width + width * 0.06),
                    _round(_PLOT_HEIGHT - height),
                    _round(width * 0.88),
                    _round(height),
                    class_="bin",
                )
            )
    if interval is not None:
        left, right = (_place(histogram, value) for value in interval)
        drawing.append(
            drawsvg.Rectangle(
                _round(left),
                0,
                _round(max(right - left, _LEAST_WIDTH)),
                _INTERVAL_HEIGHT,
                class_="interval",
            )
        )
    if mean is not None:
        at = _round(_place(histogram, mean))
        drawing.append(drawsvg.Line(at, 0, at, _PLOT_HEIGHT, class_="mean"))
    return _svg(drawing)


def _place(histogram: Histogram, value: float) -> float:
    """Return where a score stands; whole scores stand in the middle of their bins."""
    span = histogram.high - histogram.low
    if histogram.whole:
        place = (value - histogram.low + 0.5) / (span + 1)
    else:
        place = (value - histogram.low) / span if span else 0.5
    return _WIDTH * min(1.0, max(0.0, place))


def draw_line(line: WorkerLine, *, end: float) -> str:
    """Return a worker's line from 0 to `end` seconds as SVG, stretched like a histogram."""
    import drawsvg

    drawing = _drawing(_BAR_HEIGHT, "line")
    for span in _merged(line.spans, end / _WIDTH):
        left = _WIDTH * span.start / end
        width = max(_WIDTH * (span.end - span.start) / end, _LEAST_WIDTH)
        drawing.append(
            drawsvg.Rectangle(
                _round(left), 0, _round(width), _BAR_HEIGHT, class_=f"span-{span.kind}"
            )
        )
    for loss in line.losses:
        left = max(0.0, _WIDTH * loss.at / end - _LEAST_WIDTH * 1.5)
        drawing.append(
            drawsvg.Rectangle(_round(left), 0, _LEAST_WIDTH * 3, _BAR_HEIGHT, class_="span-lost")
        )
    return _svg(drawing)


def _merged(spans: Iterable[Span], smallest: float) -> list[Span]:
    """Return spans with those made one whose gap would not be seen: thousands become hundreds."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and last.kind == span.kind and span.start - last.end < smallest:
            merged[-1] = Span(span.kind, last.start, span.end, last.samples + span.samples)
        else:
            merged.append(span)
    return merged


def nice_end(seconds: float) -> float:
    """Return the end of a time axis of four equal parts, each a round number of seconds."""
    part = max(seconds, 0.4) / 4
    unit = 60.0 if part >= 60 else 1.0
    power = 10.0 ** math.floor(math.log10(part / unit))
    return 4 * unit * next(power * step for step in _NICE if power * step * unit >= part * 0.999)


def _drawing(height: int, kind: str) -> "Drawing":
    import drawsvg

    return drawsvg.Drawing(
        _WIDTH, height, class_=kind, preserveAspectRatio="none", aria_hidden="true"
    )


def _svg(drawing: "Drawing") -> str:
    svg: str = drawing.as_svg(header="", skip_css=True, skip_js=True)
    return svg


def _round(value: float) -> float:
    return round(value, 2)
