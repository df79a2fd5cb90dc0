"""How rates and scores are written, the same in every reporter."""

from editgauge.core.hooks.events import Count, Figures
from editgauge.core.text import clean

_MINUTE = 60


def per_minute(images: int, seconds: float) -> float | None:
    """Return images a minute, or None if that cannot be said."""
    return images * _MINUTE / seconds if images > 0 and seconds > 0 else None


def rate(images_per_minute: float, *, unit: str = " images/min") -> str:
    """Return `6.2 images/min`, without decimals from 100 on."""
    decimals = 1 if images_per_minute < 99.95 else 0
    return f"{images_per_minute:,.{decimals}f}{unit}"


def number(value: float) -> str:
    """Return a score or mean with two decimals."""
    return f"{value:.2f}"


def coverage(*, mean: float | None, scored: int, samples: int, std: float | None = None) -> str:
    """Return `mean 7.93 ± 1.20, 10 of 12 scored`; a mean never stands without its coverage.

    The number behind `±` is the standard deviation of the sample (n - 1), if there is one.
    """
    shown = "no mean" if mean is None else f"mean {number(mean)}"
    deviation = "" if mean is None or std is None else f" ± {number(std)}"
    return f"{shown}{deviation}, {scored:,} of {samples:,} scored"


def coverage_of(figures: Figures) -> str:
    """Return `coverage` of a group's figures, with the standard deviation."""
    return coverage(
        mean=figures.mean, scored=figures.scored, samples=figures.samples, std=figures.std
    )


def extremes(figures: Figures) -> str:
    """Return `median 8.00, min 5.00, max 9.50`, or an empty string if nothing was scored."""
    parts = ((figures.median, "median"), (figures.minimum, "min"), (figures.maximum, "max"))
    return ", ".join(f"{name} {number(value)}" for value, name in parts if value is not None)


def outcomes(counts: tuple[Count, ...]) -> str:
    """Return `10 ok, 1 failed, 1 unparsed`."""
    return ", ".join(f"{count.number:,} {clean(count.name)}" for count in counts) or "none"
