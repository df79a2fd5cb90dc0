"""Sends events to reporters that have only some of the hooks, as the bus does."""

from collections.abc import Iterable

from editgauge.core.hooks.events import Event


def tell(reporter: object, stream: Iterable[Event], *, close: bool = True) -> None:
    """Call the hook of each event's scope, if the reporter has it, and `close` in the end."""
    for event in stream:
        hook = getattr(reporter, f"{event.scope}_event", None)
        if hook is not None:
            hook(event)
    if close and hasattr(reporter, "close"):
        reporter.close()
