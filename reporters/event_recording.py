"""The reporter `events`: the lossless recording of a run."""

from pathlib import Path

from editgauge.config_schemas.reporters import EventsConfig
from editgauge.core.hooks.events import Event, LogEmitted
from editgauge.core.hooks.recording import event_line, header_line, read_events
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.every_event import EveryEventReporter
from editgauge.reporters.outputs import open_for_append, resolve_path


class EventsReporter(EveryEventReporter):
    """Appends every event to a recording; format in `core/hooks/recording.py`."""

    def __init__(self, config: EventsConfig, context: ReporterContext) -> None:
        """Open the recording and, if it is new, write its header.

        A resumed run goes on in the recording of the first; what a kill left of a last line is cut
        off, and a line of log, numbered 0, says so in its place.

        Raises:
            OSError: the file cannot be created or written.
            RecordingError: the file exists and is no recording of this format.
        """
        path = resolve_path(config.path, context)
        is_new, cut_bytes = _prepare(path)
        self._file = open_for_append(path)
        if is_new:
            self._file.write(f"{header_line()}\n")
            self._file.flush()
        if cut_bytes:
            text = f"the last line of this recording was torn; {cut_bytes} bytes of it were cut off"
            self.write(LogEmitted(level="warning", text=text, run_id=context.run_id))

    def close(self) -> None:
        """Close the recording."""
        self._file.close()

    def write(self, event: Event) -> None:
        """Write the event."""
        self._file.write(f"{event_line(event)}\n")
        self._file.flush()


def _prepare(path: Path) -> tuple[bool, int]:
    """Check a recording and cut off its torn last line.

    Returns:
        Whether it is new, and how many bytes were cut off.
    """
    if not path.is_file() or path.stat().st_size == 0:
        return True, 0
    with path.open("r+b") as file:
        header = file.readline(10_000)
        if header_line().encode().startswith(header):
            # Killed within the header: nothing was recorded yet.
            file.truncate(0)
            return True, 0
        list(read_events([header.decode("utf-8", "replace")]))
        end, size = _end_of_last_line(path), path.stat().st_size
        file.truncate(end)
    return False, size - end


def _end_of_last_line(path: Path) -> int:
    """Return the position behind the last newline of a file."""
    end = 0
    with path.open("rb") as file:
        position = 0
        while block := file.read(1 << 20):
            if (last := block.rfind(b"\n")) >= 0:
                end = position + last + 1
            position += len(block)
    return end
