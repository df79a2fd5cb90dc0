"""The reporter `file`: the detail of a run, every line with its time."""

from collections.abc import Callable

from editgauge.config_schemas.reporters import FileConfig
from editgauge.core.hooks.events import Event, LogEmitted, StepEvent
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import clean
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.levels import level_of, reaches
from editgauge.reporters.log_file import LogFile
from editgauge.reporters.wording import Voice


class FileReporter(EveryEventReporter):
    """Appends everything that is known to a file, nothing cut short."""

    def __init__(self, config: FileConfig, context: ReporterContext) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be created or written.
        """
        self._file = LogFile(config, config.path, context)
        self._config = config
        self._voice = Voice(
            run_dir=context.run_dir, detail=config.detail, logs=config.logs, limit=None
        )
        self._write_lines = self._writer()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, event: Event) -> None:
        """Write the event, if its kind and level are wanted."""
        if isinstance(event, StepEvent) and not self._config.steps:
            return
        self._file.turn_to(event.time)
        self._write_lines(event)

    def _writer(self) -> Callable[[Event], None]:
        if self._config.format == "text":
            return self._write_text
        # structlog, which not everybody needs, takes a moment to import.
        from editgauge.reporters.structured_lines import StructuredLines

        lines = StructuredLines(
            self._file, line_format=self._config.format, level=self._config.level
        )

        def write(event: Event) -> None:
            if not isinstance(event, LogEmitted) or reaches(level_of(event), self._config.logs):
                lines.write(event)

        return write

    def _write_text(self, event: Event) -> None:
        # Told in any case: the wording learns from events that are not shown.
        lines = self._voice.tell(event)
        if lines and reaches(level_of(event), self._config.level):
            time = clean(event.time)
            self._file.write(
                "".join(f"{time} {line.level:<7} {line.text}".rstrip() + "\n" for line in lines)
            )
