"""The reporter `plain`: lines without control characters, for pipes, files and CI."""

from editgauge.config_schemas.reporters import PlainConfig
from editgauge.core.hooks.events import (
    BatchEvent,
    Event,
    RunEvent,
    SampleEvent,
    StepEvent,
    StepFinished,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.outputs import encodable, open_for_append, resolve_path
from editgauge.reporters.wording import Rank, Voice

STEP_SECONDS = 10.0
"""Least time between two step lines of one worker."""


class PlainReporter:
    """Writes a line at each change of state, flushed at once."""

    def __init__(self, config: PlainConfig, context: ReporterContext) -> None:
        """Open the file, if one is configured.

        Raises:
            OSError: the file cannot be created or written.
        """
        self._file = (
            None if config.path is None else open_for_append(resolve_path(config.path, context))
        )
        self._stream = self._file or context.stderr
        self._least = Rank.ESSENTIAL if config.level == "quiet" else Rank.PROGRESS
        self._steps = config.steps and config.level != "quiet"
        self._voice = Voice(run_dir=context.run_dir, detail=config.detail, logs=config.logs)
        self._last_step: dict[str, float] = {}

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Write what the event is worth."""
        self._write(event, self._least)

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Write what the event is worth."""
        self._write(event, self._least)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Write what the event is worth; a new sample's steps are counted anew."""
        self._last_step[event.worker] = event.elapsed
        self._write(event, self._least)

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Write a line if the worker has been silent for `STEP_SECONDS`."""
        if not self._steps or not isinstance(event, StepFinished):
            return
        last = self._last_step.get(event.worker)
        if last is None or event.elapsed - last >= STEP_SECONDS:
            self._last_step[event.worker] = event.elapsed
            self._write(event, Rank.TRACE)

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def _write(self, event: Event, least: Rank) -> None:
        lines = [line.text for line in self._voice.tell(event) if line.rank >= least]
        if lines:
            self._stream.write("".join(f"{encodable(text, self._stream)}\n" for text in lines))
            self._stream.flush()
