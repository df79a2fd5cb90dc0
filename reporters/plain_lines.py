"""The reporter `plain`: lines for pipes, files and CI, without control characters but colours."""

from editgauge.config_schemas.reporters import PlainConfig
from editgauge.core.hooks.events import (
    BatchEvent,
    BatchFinished,
    Event,
    RunEvent,
    SampleEvent,
    SampleFinished,
    StageFinished,
    StageStarted,
    StepEvent,
    StepFinished,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import duration
from editgauge.reporters.colors import colored
from editgauge.reporters.errors_only import errors_only
from editgauge.reporters.last_words import LastWords
from editgauge.reporters.numbering import Numbering
from editgauge.reporters.outputs import encodable, open_for_append, resolve_path
from editgauge.reporters.silence import Silence
from editgauge.reporters.stage_progress import StageProgress
from editgauge.reporters.wording import Line, Rank, Voice

QUIET_SECONDS = 60.0
"""After this time without a line, a step is worth one: a log that stands still should mean it."""


class PlainReporter:
    """Writes a line at each change of state, flushed at once.

    When something is written depends on the events and their times alone, so a replay writes the
    same lines.
    """

    def __init__(self, config: PlainConfig, context: ReporterContext) -> None:
        """Open the file, if one is configured.

        Raises:
            OSError: the file cannot be created or written.
        """
        self._file = (
            None
            if config.path is None
            else open_for_append(resolve_path(config.path, context), new=context.new_files)
        )
        self._stream = self._file or context.stderr
        self._color = context.color and self._file is None
        self._is_quiet = config.level != "normal"
        self._errors_in = context.run_dir if config.level == "errors" else None
        self._least = Rank.ESSENTIAL if self._is_quiet else Rank.PROGRESS
        self._steps = config.steps
        self._every_sample = config.detail == "full"
        self._voice = Voice(
            run_dir=context.run_dir, detail=config.detail, logs=config.logs, retells=True
        )
        self._numbers = Numbering()
        self._silence = Silence()
        self._told_silences: dict[str, bool] = {}
        self._last_words = LastWords(config.logs)
        self._stages: dict[str, StageProgress] = {}
        self._last_line = 0.0

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Write what the event is worth."""
        self._hear(event)
        if isinstance(event, StageStarted):
            self._stages[event.stage] = StageProgress(event, every_sample=self._every_sample)
        self._write(event, self._voice.tell(event))
        if isinstance(event, StageFinished):
            self._stages.pop(event.stage, None)

    @hookimpl
    def batch_event(self, event: BatchEvent) -> None:
        """Write what the event is worth; in a long stage the progress lines tell it."""
        self._hear(event)
        lines = self._voice.tell(event)
        stage = self._stage_of(event)
        if isinstance(event, BatchFinished) and stage is not None and not stage.tells_samples:
            lines = []
        self._write(event, lines)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Write what the event is worth; in a long stage, a line of progress from time to time."""
        self._hear(event)
        lines = self._voice.tell(event)
        stage = self._stage_of(event)
        if not isinstance(event, SampleFinished) or stage is None:
            self._write(event, lines)
            return
        if event.outcome != "ok":
            lines += self._last_words.of(event, self._voice)
        if event.outcome != "ok" or stage.tells_samples:
            self._write(event, lines)
        is_overdue = event.elapsed - self._last_line >= QUIET_SECONDS
        text = stage.line(event.elapsed, is_overdue=is_overdue)
        if text and not self._is_quiet:
            self._write_texts(event, [f"{self._numbers.of_stage(event.stage)}{text}"])

    @hookimpl
    def step_event(self, event: StepEvent) -> None:
        """Write a line if nothing has been written for `QUIET_SECONDS`."""
        self._hear(event)
        lines = self._voice.tell(event)
        if not self._steps or self._is_quiet or not isinstance(event, StepFinished):
            return
        if event.elapsed - self._last_line >= QUIET_SECONDS:
            prefix = self._numbers.prefix(event)
            self._write_texts(event, [f"{prefix}{line.text}" for line in lines])

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def _hear(self, event: Event) -> None:
        """Follow an event, after telling of workers that were silent for long before it."""
        for worker in self._silence.workers():
            silent = self._silence.seconds(worker, event.elapsed)
            told = self._told_silences.get(worker, False)
            self._told_silences[worker] = silent is not None
            if silent is not None and not told and worker != event.worker and not self._is_quiet:
                label = f"[{self._voice.labels.label(worker)}]"
                text = f"{label} silent for {duration(silent)}"
                self._write_texts(event, [f"{self._numbers.of_worker(worker)}{text}"])
        self._silence.hear(event)
        self._last_words.hear(event)
        if (stage := self._stage_of(event)) is not None:
            stage.hear(event)

    def _stage_of(self, event: Event) -> StageProgress | None:
        return self._stages.get(getattr(event, "stage", ""))

    def _write(self, event: Event, lines: list[Line]) -> None:
        if self._errors_in is not None:
            lines = errors_only(event, lines, self._errors_in)
        prefix = self._numbers.prefix(event)
        told = [(f"{prefix}{line.text}", line.level) for line in lines if line.rank >= self._least]
        if self._color:
            self._write_texts(event, [colored(text, level) for text, level in told])
        else:
            self._write_texts(event, [text for text, _ in told])

    def _write_texts(self, event: Event, texts: list[str]) -> None:
        if texts:
            self._last_line = event.elapsed
            self._stream.write("".join(f"{encodable(text, self._stream)}\n" for text in texts))
            self._stream.flush()
