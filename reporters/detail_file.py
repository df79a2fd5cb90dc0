"""The reporter `file`: the detailed text of a run, every line with its time."""

from editgauge.config_schemas.reporters import FileConfig
from editgauge.core.hooks.events import Event, StepEvent
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import clean
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.outputs import open_for_append, resolve_path
from editgauge.reporters.wording import Voice


class FileReporter(EveryEventReporter):
    """Appends everything that is known to a text file, nothing cut short."""

    def __init__(self, config: FileConfig, context: ReporterContext) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be created or written.
        """
        self._file = open_for_append(resolve_path(config.path, context))
        self._steps = config.steps
        self._voice = Voice(
            run_dir=context.run_dir, detail=config.detail, logs=config.logs, limit=None
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def write(self, event: Event) -> None:
        """Write the event, unless it is a step and steps are not wanted."""
        if isinstance(event, StepEvent) and not self._steps:
            return
        lines = self._voice.tell(event)
        if lines:
            time = clean(event.time)
            self._file.write(
                "".join(f"{time} {line.level:<7} {line.text}".rstrip() + "\n" for line in lines)
            )
            self._file.flush()
