"""The reporter `json`: every event as structured JSON, written by structlog."""

import math
import re
from typing import Any

import structlog

from editgauge.config_schemas.reporters import JsonConfig
from editgauge.core.hooks.events import Event, event_to_dict
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import dump_json, escape_json
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.levels import level_of
from editgauge.reporters.outputs import open_for_append, resolve_path, speaks_unicode

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
        ascii_only = not speaks_unicode(stream)
        self._logger = structlog.wrap_logger(
            structlog.WriteLogger(stream),
            processors=[
                _in_order,
                structlog.processors.JSONRenderer(
                    serializer=lambda data, **_: _dump(data, ascii_only=ascii_only)
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


def _dump(data: Any, *, ascii_only: bool) -> str:
    """Return JSON of whatever an event holds; an odd event must not silence the reporter."""
    try:
        line = dump_json(data)
    except (TypeError, ValueError):
        line = dump_json(_tame(data))
    return _NOT_ASCII.sub(escape_json, line) if ascii_only else line


def _tame(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _tame(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else repr(value)
