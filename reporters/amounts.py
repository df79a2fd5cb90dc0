"""How rates and scores are written, the same in every reporter."""

from editgauge.core.hooks.events import Count, Figures
from editgauge.core.text import clean


def rate(images_per_minute: float, *, unit: str = " images/min") -> str:
    """Return `6.2 images/min`, without decimals from 100 on."""
    decimals = 1 if images_per_minute < 99.95 else 0
    return f"{images_per_minute:,.{decimals}f}{unit}"


def number(value: float) -> str:
    """Return a score or mean with two decimals."""
    return f"{value:.2f}"


def coverage(*, mean: float | None, scored: int, samples: int, interval: str | None = None) -> str:
    """Return `mean 7.93, 10 of 12 scored`; a mean never stands without its coverage.

    With an `interval`, `mean 7.93, 95 % interval 7.12 to 8.74, 10 of 12 scored`.
    """
    shown = "no mean" if mean is None else f"mean {number(mean)}"
    reach = "" if mean is None or interval is None else f", 95 % interval {interval}"
    return f"{shown}{reach}, {scored:,} of {samples:,} scored"


def coverage_of(figures: Figures) -> str:
    """Return `coverage` of a group's figures, with the interval of the mean."""
    return coverage(
        mean=figures.mean,
        scored=figures.scored,
        samples=figures.samples,
        interval=interval_of(figures),
    )


def interval_of(figures: Figures) -> str | None:
    """Return `7.12 to 8.74`, the 95 % interval of the mean, or None if there is none."""
    if figures.low is None or figures.high is None:
        return None
    return f"{number(figures.low)} to {number(figures.high)}"


def extremes(figures: Figures) -> str:
    """Return `std 1.20, median 8.00, min 5.00, max 9.50`; empty if nothing was scored."""
    parts = (
        (figures.std, "std"),
        (figures.median, "median"),
        (figures.minimum, "min"),
        (figures.maximum, "max"),
    )
    return ", ".join(f"{name} {number(value)}" for value, name in parts if value is not None)


def percent(part: int, whole: int) -> str:
    """Return `83 %`, rounded down, but `<1 %` for what is not nothing; `-` of nothing."""
    if whole < 1:
        return "-"
    share = 100 * part // whole
    return f"{share} %" if share or not part else "<1 %"


def outcomes(counts: tuple[Count, ...]) -> str:
    """Return `10 ok, 1 failed, 1 unparsed`."""
    return ", ".join(f"{count.number:,} {clean(count.name)}" for count in counts) or "none"
