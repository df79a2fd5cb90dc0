"""The reporter `file`: the detailed text of a run, every line with its time."""

from editgauge.config_schemas.reporters import FileConfig
from editgauge.core.hooks.events import BatchEvent, Event, RunEvent, SampleEvent, StepEvent
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import clean
from editgauge.reporters.outputs import open_for_append, resolve_path
from editgauge.reporters.wording import Voice


class FileReporter:
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

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Write the event."""
        self._write(event)

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Write the event."""
        self._write(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Write the event."""
        self._write(event)

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Write the event, if steps are wanted."""
        if self._steps:
            self._write(event)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, event: Event) -> None:
        lines = self._voice.tell(event)
        if lines:
            time = clean(event.time)
            self._file.write(
                "".join(f"{time} {line.level:<7} {line.text}".rstrip() + "\n" for line in lines)
            )
            self._file.flush()
