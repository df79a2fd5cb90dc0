"""When an event happened, as trackers count time: so a replay gives what the run gave."""

from datetime import UTC, datetime

from editgauge.core.hooks.events import Event


def epoch_seconds(event: Event) -> float:
    """Return the event's time in seconds since 1970; 0.0 if it has none that can be read."""
    try:
        time = datetime.fromisoformat(event.time)
        if time.tzinfo is None:
            time = time.replace(tzinfo=UTC)
        return max(0.0, time.timestamp())
    except (ValueError, OverflowError):
        return 0.0


def epoch_milliseconds(event: Event) -> int:
    """Return the event's time in milliseconds since 1970; 0 if it has none that can be read."""
    return round(epoch_seconds(event) * 1000)
