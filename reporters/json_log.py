"""The reporter `json`: every event as a line for log systems, JSON or logfmt."""

from editgauge.config_schemas.reporters import JsonConfig
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.log_file import LogFile
from editgauge.reporters.structured_lines import StructuredLines


class JsonReporter(EveryEventReporter):
    """Writes one line for each event, flushed at once."""

    def __init__(self, config: JsonConfig, context: ReporterContext) -> None:
        """Open the file, if one is configured.

        Raises:
            OSError: the file cannot be created or written.
        """
        self._file = None if config.path is None else LogFile(config, config.path, context)
        stream = context.stdout if config.stream == "stdout" else context.stderr
        self._scopes = frozenset(config.scopes) - (frozenset() if config.steps else {"step"})
        self._lines = StructuredLines(
            self._file or stream, line_format=config.format, level=config.level
        )

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def write(self, event: Event) -> None:
        """Write the event, if its scope is wanted."""
        if event.scope in self._scopes:
            if self._file is not None:
                self._file.turn_to(event.time)
            self._lines.write(event)
