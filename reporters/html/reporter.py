"""The reporter `html`."""

from pathlib import Path

from editgauge.config_schemas.reporters import HtmlConfig
from editgauge.core.hooks.events import (
    Event,
    RunEvent,
    RunFinished,
    RunStarted,
    SampleEvent,
    StageStarted,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.outcomes import Stage
from editgauge.core.run.store import RunDirectoryError
from editgauge.reporters.html.folder import ReportFolder
from editgauge.reporters.html.page import Report, render_page, render_placeholder
from editgauge.reporters.html.pictures import (
    THUMBNAIL_SIZE,
    PictureMaker,
    file_name,
    picture_stem,
)
from editgauge.reporters.html.record import record_of
from editgauge.reporters.html.samples import SamplesOfEvents, ShownSample, samples_of_run
from editgauge.reporters.html.time_line import TimeLine
from editgauge.reporters.outputs import resolve_path
from editgauge.reporters.unfinished import EventsSoFar, Reached

ASSETS = Path(__file__).parent / "assets"
STYLES = ("report.css",)
SCRIPTS = ("samples.js", "gallery.js", "viewer.js", "controls.js")

_ROWS_A_TICK = 4
"""Rows whose pictures are made at once; in between, events are heard."""


class HtmlReporter:
    """Makes the pictures while the run goes on, and the page at its end.

    The page comes first at the end, and pictures that are still missing after it, so a run that
    cannot wait for them has a report that lacks pictures and nothing else.
    """

    def __init__(self, config: HtmlConfig, context: ReporterContext) -> None:
        """Make the folder; a page in it says that the run goes on, unless there is a report.

        Raises:
            OSError: the folder cannot be made, or holds something else.
        """
        self._config = config
        self._context = context
        self._folder = ReportFolder(resolve_path(config.path, context))
        if self._folder.is_new:
            styles = [self._folder.add_asset(ASSETS / name) for name in STYLES]
            self._folder.write_index(render_placeholder(context.run_id, styles=styles))
        self._maker = PictureMaker(context.run_dir, self._folder.pictures, config.picture_size)
        self._is_report = not self._folder.is_new
        self._samples_of_events = SamplesOfEvents()
        self._so_far = EventsSoFar(context.run_dir)
        self._wanted: tuple[set[str], set[str]] | None = None
        self._begin(None)

    def _begin(self, started: RunStarted | None) -> None:
        self._started = started
        self._time_line = TimeLine()
        self._has_results = (self._context.run_dir / "results.jsonl").is_file()
        self._stages_begun = False

    @property
    def product(self) -> Path | None:
        """Return the page, once it is written."""
        return None if self._wanted is None else self._folder.index

    @property
    def _judged(self) -> bool:
        return self._started is not None and str(Stage.SCORE) in self._started.stages

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Take note of workers, and write the report when the run ends."""
        if isinstance(event, RunStarted):
            # A recording may hold several starts of one run; each ends with a report.
            self._begin(event)
        self._hear(event)
        if isinstance(event, RunFinished):
            self._write(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Take note of what workers have in hand."""
        self._hear(event)

    def tick(self) -> None:
        """Make some pictures of samples that were edited meanwhile."""
        if self._stages_begun:
            self._maker.make_some(_ROWS_A_TICK)

    def end_unfinished(self) -> None:
        """Write the report of a run that has no end: of what is known so far."""
        samples, _ = self._samples()
        # Outcomes are counted by their states on the page; here, whether one was judged is enough.
        end = self._so_far.end(
            Reached(
                sample.category, score="ok" if sample.score is not None else "", value=sample.score
            )
            for sample in samples
        )
        if end is not None:
            self._time_line.hear(end)
            self._write(end)

    def close(self) -> None:
        """Make the pictures that are still missing, and take away what no page needs any more."""
        if self._wanted is None:
            return
        while self._maker.make_some(_ROWS_A_TICK):
            pass
        pictures, assets = self._wanted
        self._folder.remove_others(pictures=pictures, assets=assets)

    def _hear(self, event: Event) -> None:
        self._stages_begun |= isinstance(event, StageStarted)
        self._time_line.hear(event)
        self._so_far.hear(event)
        if not self._has_results:
            self._samples_of_events.hear(event, judged=self._judged)

    def _write(self, finished: RunFinished) -> None:
        resumed = self._started is not None and self._started.resumed
        if resumed and not self._stages_begun and self._is_report:
            # A start that was refused has changed nothing.
            return
        samples, notes = self._samples()
        assets = {name: self._folder.add_asset(ASSETS / name) for name in (*STYLES, *SCRIPTS)}
        started = self._started
        report = Report(
            run_id=self._context.run_id,
            models=(started.edit_model, started.reward_model) if started is not None else (),
            judged=self._judged,
            finished=finished,
            samples=samples,
            time_line=self._time_line,
            record=record_of(self._context.run_dir, started),
            picture_size=self._config.picture_size,
            notes=tuple(notes),
        )
        page = render_page(
            report,
            styles=[assets[name] for name in STYLES],
            scripts=[assets[name] for name in SCRIPTS],
        )
        self._folder.write_index(page)
        self._is_report = True
        self._wanted = (self._pictures_of(samples), set(assets.values()))

    def _samples(self) -> tuple[list[ShownSample], list[str]]:
        if not self._has_results:
            note = "The run directory was not there: samples are told from events, without images."
            return self._samples_of_events.rows(), [note]
        try:
            return samples_of_run(self._context.run_dir, judged=self._judged), []
        except (RunDirectoryError, OSError, ValueError) as error:
            return [], [f"The samples cannot be shown: {error}"]

    def _pictures_of(self, samples: list[ShownSample]) -> set[str]:
        stems = {
            picture_stem(digest)
            for sample in samples
            for digest in (sample.edited, *sample.sources)
        }
        sizes = (THUMBNAIL_SIZE, self._config.picture_size)
        return {file_name(stem, size) for stem in stems if stem is not None for size in sizes}
