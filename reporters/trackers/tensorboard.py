"""The reporter `tensorboard`: scalars, pictures, texts and hyperparameters in event files."""

import struct
from importlib.util import find_spec
from typing import TYPE_CHECKING

from editgauge.config_schemas.reporters_services import TensorboardConfig
from editgauge.core.hooks.events import (
    RunEvent,
    RunFinished,
    RunStarted,
    SampleEvent,
    SampleFinished,
    StageStarted,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.samples import Sample
from editgauge.core.text import clean_start
from editgauge.reporters.ci.markdown import as_text
from editgauge.reporters.outputs import resolve_path
from editgauge.reporters.trackers.event_times import epoch_seconds
from editgauge.reporters.trackers.pictures import side_by_side, spread_samples
from editgauge.reporters.trackers.series import Series
from editgauge.reporters.trackers.settings import settings_of

if TYPE_CHECKING:
    from editgauge.reporters.trackers.event_files import EventFile

_REPLY_LENGTH = 4_000


class TensorboardReporter:
    """Writes one event file for each start of a run, all of them into one folder."""

    def __init__(self, config: TensorboardConfig, context: ReporterContext) -> None:
        """Make the folder.

        Raises:
            ModuleNotFoundError: tensorboard is not installed.
            OSError: the folder cannot be made.
        """
        if find_spec("tensorboard") is None:
            raise ModuleNotFoundError(
                "the package tensorboard is not installed; pip install 'editgauge[tensorboard]'",
                name="tensorboard",
            )
        self._folder = resolve_path(config.path, context)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._images = config.images
        self._run_dir = context.run_dir
        self._series = Series(context)
        self._shown: dict[int, Sample] | None = None
        self._file: EventFile | None = None

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Write what is known at the start and at the end."""
        time = epoch_seconds(event)
        if isinstance(event, RunStarted):
            self.close()
            values = settings_of(event, self._run_dir)
            self._opened(time).settings(values, clean_start(event.run_id, 200), time)
        elif isinstance(event, StageStarted):
            # What is selected is known only now.
            self._shown = spread_samples(self._run_dir, self._images)
        points = list(self._series.points(event))
        if points:
            self._opened(time).scalars(points, time)
        if isinstance(event, RunFinished):
            self._opened(time).ended(event.status, time)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Write the figures of a finished sample and, of a few samples, pictures and texts."""
        if not isinstance(event, SampleFinished):
            return
        time = epoch_seconds(event)
        file = self._opened(time)
        file.scalars(list(self._series.points(event)), time)
        sample = (self._shown or {}).get(event.index)
        if sample is not None:
            self._show(file, event, sample, time)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
        self._file = None

    def _opened(self, time: float) -> "EventFile":
        if self._file is None:
            from editgauge.reporters.trackers.event_files import EventFile

            self._file = EventFile(self._folder, time)
        return self._file

    def _show(self, file: "EventFile", event: SampleFinished, sample: Sample, time: float) -> None:
        tag = f"{event.stage}/{event.index}"
        lines = [f"**{as_text(sample.id, 200)}** {as_text(sample.category, 100)}".rstrip()]
        lines.append(as_text(sample.instruction, 2_000))
        if event.score is not None:
            lines.append(f"score {event.score:g}")
        elif event.outcome != "ok":
            lines.append(f"{as_text(event.outcome, 40)}: {as_text(event.reason, 1_000)}")
        if event.reply is not None:
            lines.append(as_text(event.reply, _REPLY_LENGTH))
        file.text(tag, "\n\n".join(filter(None, lines)), time)
        if event.stage == "edit" and event.image is not None:
            picture = side_by_side(self._run_dir, sample.images, event.image)
            if picture is not None:
                # Width and height stand behind the signature and the header's length and name.
                file.image(tag, picture, struct.unpack(">II", picture[16:24]), time)
