"""Events as lines for log systems, JSON or logfmt, rendered by structlog."""

import math
import re
from collections.abc import Iterator
from typing import Any, Literal

import structlog

from editgauge.config_schemas.reporters import LogLevel
from editgauge.core.hooks.events import Event, event_to_dict
from editgauge.core.text import clean, dump_json, escape_json
from editgauge.reporters.levels import level_of
from editgauge.reporters.outputs import Sink, speaks_unicode

_NOT_ASCII = re.compile("[\x7f-\U0010ffff]")


class StructuredLines:
    """Writes one line for each event, flushed at once.

    structlog is bound to this one stream; its global configuration, which belongs to the program
    that runs editgauge, is neither read nor changed.
    """

    def __init__(
        self, sink: Sink, *, line_format: Literal["json", "logfmt"], level: LogLevel
    ) -> None:
        """Prepare it.

        Args:
            sink: where the lines go.
            line_format: how they are written.
            level: least level of an event that is written.
        """
        stream = sink if speaks_unicode(sink) else _InAscii(sink)
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),  # type: ignore[arg-type]  # it writes and flushes only
            processors=[_in_order, *_RENDERING[line_format]],
            wrapper_class=structlog.make_filtering_bound_logger(level),
            context_class=dict,
            cache_logger_on_first_use=False,
        ).bind()

    def write(self, event: Event) -> None:
        """Write an event, if its level is wanted."""
        fields = event_to_dict(event)
        write = getattr(self._logger, level_of(event))
        write(fields["kind"], timestamp=event.time, **fields)


def _in_order(logger: Any, name: str, data: Any) -> Any:
    """Put first what log systems look for; a log line brings its own level."""
    first = {"timestamp": data.pop("timestamp"), "level": name, "event": data.pop("event")}
    del logger
    return first | data


def _flat(logger: Any, name: str, data: Any) -> Any:
    """Return plain texts and numbers under names with dots, which is all that logfmt has."""
    del logger, name
    return dict(_leaves("", data))


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{name}.{key}" if name else str(key), item)
    elif isinstance(value, list | tuple):
        yield name, clean(_dump(value)) if value else None
    elif isinstance(value, bool | int | float | None):
        yield name, value
    else:
        yield name, clean(str(value))


def _dump(data: Any) -> str:
    """Return JSON of whatever an event holds; an odd event must not silence the reporter."""
    try:
        return dump_json(data)
    except (TypeError, ValueError):
        return dump_json(_tame(data))


def _tame(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _tame(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)


class _InAscii:
    """A stream that cannot hold every character, and gets escapes instead."""

    def __init__(self, stream: Sink) -> None:
        self._stream = stream

    def write(self, text: str) -> object:
        return self._stream.write(_NOT_ASCII.sub(escape_json, text))

    def flush(self) -> None:
        self._stream.flush()


_RENDERING: dict[str, list[Any]] = {
    "json": [structlog.processors.JSONRenderer(serializer=lambda data, **_: _dump(data))],
    "logfmt": [_flat, structlog.processors.LogfmtRenderer(bool_as_flag=False)],
}
