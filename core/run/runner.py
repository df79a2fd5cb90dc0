"""One run, from a checked configuration to its result: one process, one inbox, one loop."""

import contextlib
import queue
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.bus import Bus
from editgauge.core.hooks.events import (
    LogEmitted,
    RunFinished,
    RunStarted,
    Version,
)
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager
from editgauge.core.judging.rubrics import RubricBook, load_rubrics
from editgauge.core.outcomes import ExitCode, RunStatus, Stage
from editgauge.core.run import manifest as manifests
from editgauge.core.run.completion import Completion, completion_so_far
from editgauge.core.run.content_keys import ContentKeys
from editgauge.core.run.ending import Ending, advice, reporter_problems, say, say_last_words
from editgauge.core.run.known_secrets import redactor_of
from editgauge.core.run.latest import LatestLink
from editgauge.core.run.live_status import LiveStatus
from editgauge.core.run.opening import OpenedRun, Wish, open_run
from editgauge.core.run.planning import RunTools, edit_stage, score_stage
from editgauge.core.run.preflight import EnvironmentReport, interpreters
from editgauge.core.run.preparation import Preparation
from editgauge.core.run.reporters import attach_reporters
from editgauge.core.run.result import RunResult
from editgauge.core.run.selection import SelectionResult
from editgauge.core.run.signals import Interrupts, RunInterruptedError
from editgauge.core.run.stages import StageRun
from editgauge.core.run.store import RunDirectoryError, WriteError
from editgauge.core.run.summary import Tally, counts
from editgauge.core.text import counted
from editgauge.core.workers.budget import RunBudget
from editgauge.core.workers.process import LineWritten, LogNotWritten, WorkerMessage

_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Wake:
    """Ends a wait for messages: a signal came."""


def run_resolved(
    config: ResolvedConfig,
    plugins: PluginManager,
    *,
    wish: Wish | None = None,
    stderr: TextIO,
    stdout: TextIO,
    interactive: bool = False,
    color: bool = False,
    handle_signals: bool = False,
) -> RunResult:
    """Run, and return when everything is written and every worker and reporter has ended.

    Args:
        config: the checked configuration.
        plugins: the plugins; those that observe hear the run's events.
        wish: which run directory, and what to do with results that are there; default: a new one.
        stderr: where people read.
        stdout: for reporters that are told to write there.
        interactive: whether `stderr` is a terminal that can move its cursor.
        color: whether colour is wanted there.
        handle_signals: whether SIGINT, SIGTERM and SIGHUP end the run in good order.

    Raises:
        RunDirectoryError: the run directory cannot be used, or the configuration has changed.
        WriteError: the run directory cannot be made.
        PluginError: a reporter cannot be made.
        RubricError: a rubric cannot be read.
        PreflightError: a configured interpreter does not exist.
    """
    rubrics = load_rubrics(config.reward) if config.reward is not None else None
    interpreters(config)
    inbox: queue.SimpleQueue[WorkerMessage | _Wake] = queue.SimpleQueue()
    interrupts = Interrupts(lambda: inbox.put(_Wake()))
    with ExitStack() as stack:
        # First, so that no signal finds a run directory whose manifest nobody closes.
        stack.enter_context(interrupts.installed(wanted=handle_signals))
        wish = wish or Wish()
        opened = open_run(config, plugins, rubrics, wish)
        store = opened.store
        stack.callback(store.close)
        started = time.monotonic()
        try:
            attached = attach_reporters(
                config.reporters,
                plugins,
                run_dir=store.folder,
                streams=(stderr, stdout),
                interactive=interactive,
                color=color,
                clock=lambda: time.monotonic() - started,
            )
        except PluginError as error:
            store.write_manifest(opened.manifest | {"status": str(RunStatus.FAILED)})
            raise PluginError(redactor_of(config).text(str(error))) from None
        stack.callback(attached.detach)
        run = _Run(
            config,
            plugins,
            opened,
            wish,
            rubrics,
            inbox=inbox,
            interrupts=interrupts,
            started=started,
            say=lambda lines: say(lines, stderr),
            on_stderr=attached.on_stderr,
        )
        result = run.execute()
    say_last_words(
        result,
        stderr,
        shown=attached.on_terminal,
        reporters=config.reporters,
        products=attached.products(config.reporters),
    )
    return result


class _Run:
    """The state of one run."""

    def __init__(
        self,
        config: ResolvedConfig,
        plugins: PluginManager,
        opened: OpenedRun,
        wish: Wish,
        rubrics: RubricBook | None,
        *,
        inbox: "queue.SimpleQueue[WorkerMessage | _Wake]",
        interrupts: Interrupts,
        started: float,
        say: Callable[[Iterable[str]], None],
        on_stderr: bool,
    ) -> None:
        self._config = config
        self._opened = opened
        self._wish = wish
        self._store = opened.store
        self._manifest = opened.manifest
        self._rubrics = rubrics
        self._started = started
        self._inbox = inbox
        self._interrupts = interrupts
        self._redactor = redactor_of(config)
        self._bus = Bus(
            plugins,
            run_id=self._store.run_id,
            clock=lambda: time.monotonic() - self._started,
            redact=self._redactor.text,
        )
        self._live = LiveStatus(
            self._store.folder,
            emit=self._bus.emit,
            say=say,
            told_by_reporter=on_stderr,
            is_asked=interrupts.take_question,
        )
        self._interrupts.beat = self._live.beat
        self._latest = LatestLink(self._store.folder, Path(config.run.runs_dir))
        self._selection: SelectionResult | None = None
        self._score_range: tuple[float, float] | None = None
        self._tally = Tally(())
        self._has_work = True

    def execute(self) -> RunResult:
        """Do everything; whatever happens, the run has an end that is written and announced."""
        self._announce()
        # There is a manifest, so whatever ends it from here on, the run can be gone on with.
        if not_linked := self._latest.point():
            self._log("warning", not_linked)
        try:
            ending = self._attempt()
        except KeyboardInterrupt:
            ending = Ending.of(RunInterruptedError(signal.SIGINT))
        # A dataset may call `sys.exit`, with 0 at that, or panic in an extension written in Rust.
        except BaseException as error:  # noqa: BLE001 - whatever it is, the run ends in good order
            ending = Ending.of(error)
            if ending.exit_code == ExitCode.INTERNAL_ERROR:
                self._log("error", traceback.format_exc().rstrip())
        return self._finish(ending)

    def _announce(self) -> None:
        config = self._config
        self._live.emit(
            RunStarted(
                run_dir=str(self._store.folder),
                stages=("edit", "score") if config.reward is not None else ("edit",),
                edit_model=config.edit.type,
                reward_model=config.reward.type if config.reward is not None else "",
                seed=config.run.seed,
                resumed=self._opened.resumed,
                versions=tuple(Version(*pair) for pair in manifests.versions().items()),
                argv=tuple(self._manifest["argv"]),
            )
        )

    def _attempt(self) -> Ending:
        self._interrupts.check()
        preparation = Preparation(
            self._config,
            self._store,
            self._manifest,
            emit=self._live.emit,
            log=self._log,
            interrupts=self._interrupts,
        )
        selection = self._select(preparation)
        if selection.samples == 0:
            return Ending(
                RunStatus.FAILED, ExitCode.NOTHING_SELECTED, "no sample of the dataset is selected"
            )
        reports, keys, completion = self._prepare(preparation, selection)
        tools = RunTools(
            store=self._store,
            completion=completion,
            keys=keys,
            tally=self._tally,
            emit=self._live.emit,
            inbox=self._inbox.put,
            budget=RunBudget(self._config.run.max_lost_workers),
        )
        if self._has_work:
            self._drive(edit_stage(self._config, reports[Stage.EDIT], tools))
        if self._has_work and self._rubrics is not None:
            self._drive(
                score_stage(
                    self._config,
                    reports[Stage.SCORE],
                    tools,
                    rubrics=self._rubrics,
                    score_range=self._score_range,
                )
            )
        failures = self._tally.failures(scoring=self._config.reward is not None)
        limit = self._config.run.max_failures
        if failures > limit:
            allowed = f"; --max-failures allows {limit}" if limit else ""
            reason = f"{counted(failures, 'sample')} without a good result{allowed}"
            return Ending(RunStatus.FINISHED, ExitCode.TOO_MANY_FAILURES, reason)
        return Ending(RunStatus.FINISHED, ExitCode.OK, "")

    def _select(self, preparation: Preparation) -> SelectionResult:
        selection = self._selection = preparation.select()
        if self._rubrics is not None:
            names = tuple(name for name, _ in selection.categories)
            self._score_range = self._rubrics.common_range(names)
        self._tally = Tally(selection.categories, one_range=self._score_range is not None)
        return selection

    def _prepare(
        self, preparation: Preparation, selection: SelectionResult
    ) -> tuple[dict[Stage, EnvironmentReport], ContentKeys, Completion]:
        """Try the worker environments, and find out what of an earlier start still holds."""
        try:
            found = preparation.preflight()
            reports = {Stage(report.stage): report for report in found}
            keys = ContentKeys(
                seed=self._config.run.seed,
                edit=self._config.edit,
                reward=self._config.reward,
                rubrics=self._rubrics,
                fingerprints={stage: report.fingerprint for stage, report in reports.items()},
            )
            if self._opened.has_results:
                self._has_work = preparation.review(self._opened, self._wish, keys, found)
            elif self._opened.resumed:
                preparation.go_on_without_results()
        except Exception:
            if self._opened.has_results:
                # The end of this start still tells of all results, though none was added.
                with contextlib.suppress(RunDirectoryError):
                    completion_so_far(self._store, selection.rows, self._tally)
            raise
        if not self._opened.resumed:
            return reports, keys, Completion(selection.rows)
        completion = completion_so_far(self._store, selection.rows, self._tally)
        if not self._has_work:
            samples = counted(selection.samples, "sample")
            self._log("info", f"nothing to do: all {samples} have left every stage")
            return reports, keys, completion
        edited, scored = completion.done()
        self._log(
            "info",
            f"going on: {edited:,} of {counted(selection.samples, 'sample')} were edited before"
            + (f", {scored:,} scored" if self._config.reward is not None else ""),
        )
        return reports, keys, completion

    def _drive(self, stage: StageRun) -> None:
        """Run a stage to its end."""
        self._interrupts.check()
        self._live.watch(stage.pool.workers)
        manifests.begin_stage(self._manifest, stage.stage)
        self._store.write_manifest(self._manifest)
        try:
            with self._writing_logs():
                stage.start()
                while stage.needs_workers():
                    # Here and not with a message in hand, which may be a finished sample.
                    self._interrupts.check()
                    wait = stage.pool.check_deadlines()
                    self._handle_next(stage, min(max(wait, 0.0), _WAIT_SECONDS))
            self._live.enter("stopping")
        except BaseException:
            self._live.enter("stopping")
            stage.pool.stop(self._interrupts.hurry)
            raise
        else:
            stage.finish(self._interrupts.hurry)
        finally:
            manifests.add_workers(self._manifest, stage.stage, stage.pool.workers)
            manifests.end_stage(
                self._manifest, stage.stage, samples=stage.done, seconds=stage.seconds
            )
            unwritten = self._tell_last_lines()
        if unwritten is not None:
            raise unwritten
        self._store.write_manifest(self._manifest)

    @contextlib.contextmanager
    def _writing_logs(self) -> Iterator[None]:
        """Take an error of the system for what it is here: a worker's log cannot be written."""
        try:
            yield
        except OSError as error:
            raise WriteError(Path(error.filename or self._store.logs), error) from error

    def _handle_next(self, stage: StageRun, wait: float) -> None:
        try:
            message = self._inbox.get(timeout=wait)
        except queue.Empty:
            return
        if isinstance(message, _Wake):
            return
        stage.pool.handle(message)

    def _tell_last_lines(self) -> WriteError | None:
        """Pass on what workers wrote while they ended; return why a log lacks some of it."""
        unwritten = None
        while not self._inbox.empty():
            message = self._inbox.get()
            if isinstance(message, LineWritten):
                self._log(message.level, message.text, worker=message.process.name)
            elif isinstance(message, LogNotWritten):
                unwritten = WriteError(Path(message.error.filename), message.error)
        return unwritten

    def _log(self, level: str, text: str, *, worker: str = "") -> None:
        for line in self._redactor.text(text).splitlines():
            self._live.emit(LogEmitted(worker=worker, level=level, text=line))

    def _finish(self, ending: Ending) -> RunResult:
        self._interrupts.no_work_is_left()
        ending = replace(ending, reason=self._redactor.text(ending.reason))
        tally = self._tally
        scoring = self._config.reward is not None
        event = RunFinished(
            status=ending.status,
            exit_code=ending.exit_code,
            samples=self._selection.samples if self._selection is not None else 0,
            edit_outcomes=counts(tally.edit_outcomes),
            score_outcomes=counts(tally.score_outcomes),
            figures=tally.figures() if scoring else None,
            categories=tally.categories(),
            seconds=round(time.monotonic() - self._started, 3),
            reason=ending.reason,
            advice=advice(
                ending,
                self._store,
                tuple(self._manifest["argv"]),
                typed=self._wish.argv,
                failures=tally.failures(scoring=scoring),
            ),
            skipped_rows=self._selection.skipped if self._selection is not None else 0,
        )
        manifests.add_end(self._manifest, event)
        is_refused = ending.exit_code in (ExitCode.USAGE, ExitCode.NOTHING_SELECTED)
        if not is_refused and not self._opened.has_results:
            self._store.release_manifest()
        try:
            self._store.write_manifest(self._manifest)
        except WriteError as error:
            if ending.exit_code != ExitCode.WRITE_ERROR:
                return self._finish(Ending.of(error))
        if is_refused:
            self._latest.put_back()
        # The files of a run that was finished already stay as they were, too.
        if (is_refused or not self._has_work) and self._store.holds_manifest:
            self._live.put_back()
        else:
            self._store.sweep()
        self._live.emit(event)
        self._live.end(ending.status, ending.exit_code)
        undelivered = self._bus.close(self._config.run.drain_timeout, self._interrupts.hurry)
        self._live.progress.reporters = reporter_problems(self._bus.failures, undelivered)
        self._live.enter("ended")
        return RunResult(
            status=ending.status,
            exit_code=ending.exit_code,
            run_dir=self._store.folder,
            samples=event.samples,
            edit_outcomes=dict(tally.edit_outcomes),
            score_outcomes=dict(tally.score_outcomes),
            figures=event.figures,
            categories=event.categories,
            seconds=event.seconds,
            reason=ending.reason,
            advice=event.advice,
            reporter_failures=tuple(self._bus.failures),
            undelivered=tuple(undelivered),
        )
