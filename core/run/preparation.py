"""What comes before the first stage: dataset, worker environments, and results that exist."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from editgauge.core.config import ResolvedConfig
from editgauge.core.hooks.events import Event, PhaseFinished, PhaseProgressed, PhaseStarted
from editgauge.core.outcomes import Stage
from editgauge.core.run import manifest as manifests
from editgauge.core.run.content_keys import ContentKeys
from editgauge.core.run.opening import OpenedRun, Wish
from editgauge.core.run.plugin_records import changed_plugin_files
from editgauge.core.run.preflight import EnvironmentReport, preflight
from editgauge.core.run.review import refusal, review_rows
from editgauge.core.run.selection import SelectionResult, select, spool_digest
from editgauge.core.run.signals import Interrupts
from editgauge.core.run.store import RunDirectoryError, RunStore, WriteError
from editgauge.core.text import counted

_PROGRESS_SECONDS = 0.1


class Log(Protocol):
    """Announces lines of text."""

    def __call__(self, level: str, text: str, *, worker: str = "") -> None:
        """Announce `text`, line by line."""
        ...


class Preparation:
    """Reads the dataset, tries the worker environments, and reviews what an earlier run left."""

    def __init__(
        self,
        config: ResolvedConfig,
        store: RunStore,
        manifest: dict[str, Any],
        *,
        emit: Callable[[Event], None],
        log: Log,
        interrupts: Interrupts,
    ) -> None:
        """Prepare a run.

        Args:
            config: the checked configuration.
            store: the run directory.
            manifest: the run's manifest; what is found is recorded there and written.
            emit: takes events.
            log: takes lines.
            interrupts: ends the preparation when a signal came.
        """
        self._config = config
        self._store = store
        self._manifest = manifest
        self._emit = emit
        self._log = log
        self._interrupts = interrupts

    def select(self) -> SelectionResult:
        """Return what of the dataset is selected; an earlier start of the run has read it before.

        Raises:
            DatasetError: the dataset cannot be used.
            RunDirectoryError: the selected samples are not those that the run began with.
            WriteError: the run directory cannot be written.
        """
        former = manifests.selection_of(self._manifest)
        if former is not None and self._store.spool.is_file():
            selection = former
        else:
            selection = self._read_dataset()
        digest = spool_digest(self._store.spool)
        if manifests.samples_digest_of(self._manifest) not in (None, digest):
            # Rows know their samples by number: with others, results would be mixed up.
            if selection is not former:
                # Read just now, since it was gone; the dataset may be put back and read again.
                self._store.spool.unlink(missing_ok=True)
            raise RunDirectoryError(
                f"{self._store.spool} does not hold the samples that the run began with; put it "
                "(or the dataset) back as it was, or start a new run"
            )
        if selection is not former:
            manifests.add_selection(self._manifest, selection, digest=digest)
            self._store.write_manifest(self._manifest)
        return selection

    def _read_dataset(self) -> SelectionResult:
        started = time.monotonic()
        self._emit(PhaseStarted(phase="dataset"))
        dataset = self._config.dataset_registration.load_target()(self._config.dataset)
        try:
            # A dataset may be slow to give its next row; a signal should not wait for it.
            selection = self._interrupts.wait_for(
                select,
                dataset,
                self._config.dataset,
                image_folder=self._store.sources,
                spool=self._store.spool,
                on_progress=self._progress("dataset"),
                sync=self._store.sync,
            )
        except OSError as error:
            raise WriteError(Path(error.filename or self._store.spool), error) from error
        for row in selection.skipped_rows:
            self._log("warning", f"bad row skipped: {row}")
        skipped = f", {counted(selection.skipped, 'bad row')} skipped" if selection.skipped else ""
        self._emit(
            PhaseFinished(
                phase="dataset",
                seconds=round(time.monotonic() - started, 3),
                text=f"{counted(selection.samples, 'sample')} selected{skipped}",
            )
        )
        return selection

    def preflight(self) -> list[EnvironmentReport]:
        """Try every worker environment once, and return what was found.

        Raises:
            PreflightError: one cannot be used.
            WriteError: the run directory cannot be written.
        """
        started = time.monotonic()
        self._emit(PhaseStarted(phase="preflight"))
        try:
            reports = preflight(
                self._config,
                on_log=lambda stage, line: self._log("debug", line, worker=f"preflight-{stage}"),
                log_folder=self._store.logs,
                poll=self._interrupts.check,
            )
        except OSError as error:
            raise WriteError(Path(error.filename or self._store.logs), error) from error
        manifests.add_environments(self._manifest, reports)
        self._store.write_manifest(self._manifest)
        self._emit(
            PhaseFinished(
                phase="preflight",
                seconds=round(time.monotonic() - started, 3),
                text=f"{counted(len(reports), 'worker environment')} ready",
            )
        )
        return reports

    def review(
        self, opened: OpenedRun, wish: Wish, keys: ContentKeys, reports: list[EnvironmentReport]
    ) -> bool:
        """Take the rows of an earlier run out of the results that do not hold any more.

        Returns:
            Whether this start has anything to do. If not, no file of the run is changed.

        Raises:
            RunDirectoryError: there are rows that would not come out the same now, and the user
                has not said that they may be done again; or the results are damaged.
            WriteError: the run directory cannot be written.
        """
        started = time.monotonic()
        samples, rows = manifests.samples_and_rows(self._manifest)
        self._emit(PhaseStarted(phase="review", of=samples))
        try:
            review = review_rows(
                self._store,
                rows,
                keys,
                scoring=self._config.reward is not None,
                retry_failed=wish.retry_failed,
                on_progress=self._progress("review", of=samples),
            )
        except OSError as error:
            raise RunDirectoryError(f"cannot read {self._store.spool}: {error}") from error
        differences = [
            *opened.differences,
            *(
                f"{'edit' if report.stage == Stage.EDIT else 'reward'}: the model's files are not "
                "what they were (its fingerprint differs)"
                for report in reports
                if opened.fingerprints.get(report.stage, report.fingerprint) != report.fingerprint
            ),
        ]
        if problem := refusal(review, wish.redo, differences):
            raise RunDirectoryError(problem)
        stages = 1 if self._config.reward is None else 2
        is_done = review.all_hold and len(review.kept) == samples * stages
        cut_bytes = self._store.cut_torn_line()
        has_work = cut_bytes > 0 or not (is_done and opened.was_finished)
        taken_out = 0
        if has_work:
            taken_out = 0 if review.all_hold else self._store.supersede(review.kept)
            self._take_over(cut_bytes)
        for line in review.notes():
            self._log("warning", line)
        kept = len(review.kept) - taken_out
        text = f"{counted(kept, 'row')} kept, {samples * stages - kept:,} to do"
        if taken_out:
            text += f", {taken_out:,} moved to superseded.jsonl"
        self._emit(
            PhaseFinished(phase="review", seconds=round(time.monotonic() - started, 3), text=text)
        )
        return has_work

    def go_on_without_results(self) -> None:
        """Go on with an earlier run that has no row: from now on, its files are changed.

        Raises:
            WriteError: the run directory cannot be written.
        """
        self._take_over(self._store.cut_torn_line())

    def _take_over(self, cut_bytes: int) -> None:
        """Make the manifest of this start the run's: nothing refuses it any more."""
        self._store.release_manifest()
        self._store.write_manifest(self._manifest)
        for line in changed_plugin_files(self._manifest):
            self._log("warning", line)
        if cut_bytes:
            self._log(
                "warning",
                f"the last line of results.jsonl was torn; {cut_bytes} bytes of it were cut off, "
                "and its sample is done again",
            )

    def _progress(self, phase: str, *, of: int | None = None) -> Callable[[int], None]:
        """Return what a phase calls as it gets on: tells it, and raises when a signal came."""
        told = time.monotonic()

        def on_progress(done: int) -> None:
            nonlocal told
            self._interrupts.check()
            if time.monotonic() - told >= _PROGRESS_SECONDS:
                told = time.monotonic()
                self._emit(PhaseProgressed(phase=phase, done=done, of=of))

        return on_progress
