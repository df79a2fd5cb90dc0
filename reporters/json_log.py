"""The reporter `json`: every event as structured JSON, written by structlog."""

import math
import re
from typing import Any

import structlog

from editgauge.config_schemas.reporters import JsonConfig
from editgauge.core.hooks.events import Event, event_to_dict
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import dump_json
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.levels import level_of
from editgauge.reporters.outputs import open_for_append, resolve_path, speaks_unicode

# Characters that JSON allows raw but that move a terminal's cursor or turn its text round.
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NOT_ASCII = re.compile("[\x7f-\U0010ffff]")


class JsonReporter(EveryEventReporter):
    """Writes one line of JSON for each event, flushed at once.

    structlog is bound to this reporter's own stream; its global configuration, which belongs to
    the program that runs editgauge, is neither read nor changed.
    """

    def __init__(self, config: JsonConfig, context: ReporterContext) -> None:
        """Open the file, if one is configured.

        Raises:
            OSError: the file cannot be created or written.
        """
        self._file = (
            None if config.path is None else open_for_append(resolve_path(config.path, context))
        )
        stream = self._file or (context.stdout if config.stream == "stdout" else context.stderr)
        self._scopes = frozenset(config.scopes) - (frozenset() if config.steps else {"step"})
        escaped = _UNSAFE if speaks_unicode(stream) else _NOT_ASCII
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[
                _in_order,
                structlog.processors.JSONRenderer(
                    serializer=lambda data, **_: escaped.sub(_escape, _dump(data))
                ),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(config.level),
            context_class=dict,
            cache_logger_on_first_use=False,
        ).bind()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def write(self, event: Event) -> None:
        """Write the event, if its scope is wanted."""
        if event.scope in self._scopes:
            fields = event_to_dict(event)
            write = getattr(self._logger, level_of(event))
            write(fields["kind"], timestamp=event.time, **fields)


def _in_order(logger: Any, name: str, data: Any) -> Any:
    """Put first what log systems look for; a log line brings its own level."""
    first = {"timestamp": data.pop("timestamp"), "level": name, "event": data.pop("event")}
    del logger
    return first | data


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


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
