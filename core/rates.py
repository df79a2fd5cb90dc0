"""How fast a stage is, defined once: every reporter, report and tracker says the same."""

_MINUTE = 60


def images_per_minute(ok: int, seconds: float | None) -> float | None:
    """Return images a minute: results of a stage with outcome `ok`, by the time the stage took.

    Samples that failed, or that nobody was asked for, are no images: a stage that did nothing well
    has no speed.

    Args:
        ok: results of the stage with outcome `ok`, in the time that `seconds` is.
        seconds: the stage's time from its start to its end (to now, while it lasts), loading of
            models included; None if it is not known.

    Returns:
        Images a minute, or None if there is no such result or no such time.
    """
    if ok < 1 or seconds is None or seconds <= 0:
        return None
    return ok * _MINUTE / seconds
