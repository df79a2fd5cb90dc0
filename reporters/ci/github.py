"""The reporter `github`: annotations and a job summary for GitHub Actions."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from editgauge.config_schemas.reporters_services import GithubConfig
from editgauge.core.hooks.events import (
    ReporterFailed,
    RunEvent,
    RunFinished,
    SampleEvent,
    WorkerLost,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.text import counted
from editgauge.reporters.amounts import coverage_of, outcomes
from editgauge.reporters.ci.annotations import Annotation, lines_of
from editgauge.reporters.ci.finished_samples import CRASHES, FinishedSample, FinishedSamples
from editgauge.reporters.ci.summary import summary_lines
from editgauge.reporters.outputs import encodable, resolve_path
from editgauge.reporters.unfinished import UNFINISHED, EventsSoFar

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"
"""Names the file that GitHub shows as the summary of a step."""
SUMMARY_LIMIT = 2**20
"""Bytes that GitHub takes of it; of a longer one it shows nothing."""
_CUT = "\n\nThe rest did not fit into GitHub's limit of 1 MiB; see run.json and results.jsonl.\n"
_KEPT = 1_000
"""Lost workers and failed reporters that are kept; only ten can be shown."""


class GithubReporter:
    """Appends the summary and prints the annotations when the run ends, in whatever way."""

    def __init__(self, config: GithubConfig, context: ReporterContext) -> None:
        """Find the summary's file.

        Raises:
            OSError: the summary's file cannot be written.
            ValueError: there is nowhere to write, neither a summary nor annotations.
        """
        on_github = os.environ.get("GITHUB_ACTIONS") == "true"
        self._annotates = on_github if config.annotations is None else config.annotations
        self._summary = _summary_path(config, context)
        if self._summary is None and not self._annotates:
            raise ValueError(
                f"there is nowhere to write: {SUMMARY_VARIABLE} names no file, and annotations are "
                "for jobs of GitHub Actions (GITHUB_ACTIONS is not 'true', or `annotations` is "
                "false). Name a file for the summary, as in '-r github:summary.md', or set "
                "`annotations: true` to see the annotations on stdout"
            )
        if self._summary is not None:
            self._summary.parent.mkdir(parents=True, exist_ok=True)
            with self._summary.open("ab"):
                pass
        self._problems = config.problems
        self._stdout = context.stdout
        self._samples = FinishedSamples(context, keeps_reply=lambda _outcome, _score: False)
        self._so_far = EventsSoFar(context.run_dir)
        self._remarks: list[Annotation] = []

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Take note of what went wrong, and write everything at the end."""
        self._samples.hear(event)
        self._so_far.hear(event)
        if isinstance(event, WorkerLost):
            title = f"editgauge: worker {event.worker} was lost"
            last = f"\n{event.stderr[-1]}" if event.stderr else ""
            self._remark(Annotation("warning", title, f"{event.reason}{last}"))
        elif isinstance(event, ReporterFailed):
            title = f"editgauge: reporter {event.reporter} failed"
            self._remark(Annotation("warning", title, event.error))
        elif isinstance(event, RunFinished):
            self._finish(event)
            self._remarks = []

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Take note of finished samples."""
        self._samples.hear(event)
        self._so_far.hear(event)

    def end_unfinished(self) -> None:
        """Write what is known of a run that has no end."""
        if (event := self._so_far.end(self._samples.reached())) is not None:
            self._finish(event)

    def _remark(self, annotation: Annotation) -> None:
        if len(self._remarks) < _KEPT:
            self._remarks.append(annotation)

    def _finish(self, event: RunFinished) -> None:
        samples = self._samples.all()
        if self._summary is not None:
            text = "\n".join(summary_lines(event, samples, problems=self._problems)) + "\n"
            _append(self._summary, text.encode("utf-8"))
        if self._annotates:
            found = [*_of_run(event), *_of_samples(samples), *self._remarks]
            lines = "".join(f"{line}\n" for line in lines_of(found))
            self._stdout.write(encodable(lines, self._stdout))
            self._stdout.flush()


def _summary_path(config: GithubConfig, context: ReporterContext) -> Path | None:
    if config.path is not None:
        return resolve_path(config.path, context)
    named = os.environ.get(SUMMARY_VARIABLE)
    return Path(named).absolute() if named else None


def _append(path: Path, text: bytes) -> None:
    """Append to the summary what fits into GitHub's limit, whole lines only."""
    with path.open("ab") as file:
        room = SUMMARY_LIMIT - file.tell()
        if len(text) > room:
            cut = _CUT.encode("ascii")
            end = text.rfind(b"\n", 0, max(0, room - len(cut))) + 1
            text = text[:end] + cut if end else cut[: max(0, room)]
        file.write(text)


def _of_run(event: RunFinished) -> Iterator[Annotation]:
    """Yield what is to be said of the run itself."""
    if event.status != "finished" or event.exit_code:
        code = f", exit code {event.exit_code}" if event.status != UNFINISHED else ""
        parts = (event.reason, outcomes(event.score_outcomes or event.edit_outcomes), event.advice)
        yield Annotation(
            "warning" if event.status in ("interrupted", UNFINISHED) else "error",
            f"editgauge: run {event.status}{code}",
            "\n".join(filter(None, parts)),
        )
    if event.skipped_rows:
        rows = counted(event.skipped_rows, "bad row")
        yield Annotation("warning", "editgauge: dataset", f"{rows} of the dataset skipped")
    if event.figures is not None and event.score_outcomes:
        samples = counted(event.samples, "sample")
        message = f"{coverage_of(event.figures)} ({samples})"
        yield Annotation("notice", "editgauge: score", message)


def _of_samples(samples: Sequence[FinishedSample]) -> Iterator[Annotation]:
    """Yield why samples are not `ok`: an error where the machinery failed, else a warning."""
    for sample in samples:
        if problem := sample.problem:
            yield Annotation(
                "error" if problem.outcome in CRASHES else "warning",
                f"{problem.stage} {problem.outcome}: {sample.id}",
                problem.reason or problem.outcome,
            )
