"""The reporter `junit`: a JUnit report, as build systems show it.

There is no one standard. What is written here is what the schema of Jenkins' xunit plugin
(junit-10.xsd) allows, which GitLab, GitHub's report actions and Azure read, too: `testsuites`, a
`testsuite` for each category with properties, and a `testcase` for each sample with at most one of
`error`, `failure` and `skipped`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from editgauge.config_schemas.reporters_services import JunitConfig
from editgauge.core.hooks.events import (
    Figures,
    RunEvent,
    RunFinished,
    RunStarted,
    SampleEvent,
    StageStarted,
)
from editgauge.core.hooks.hookspecs import hookimpl
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.core.run.store import RunDirectoryError, read_manifest
from editgauge.core.text import clean, clean_start, counted, shorten
from editgauge.core.whole_files import replacing
from editgauge.reporters.amounts import coverage_of, number
from editgauge.reporters.ci.finished_samples import CRASHES, FinishedSample, FinishedSamples
from editgauge.reporters.outputs import resolve_path
from editgauge.reporters.unfinished import UNFINISHED, EventsSoFar

_NAME_LENGTH = 200
_MESSAGE_LENGTH = 500
_TEXT_LENGTH = 5_000
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_OWN_SUITE = "editgauge"
"""The suite of the run itself, and of rows that are no samples."""


class JunitReporter:
    """Writes the report when the run ends, in whatever way; it is there whole or not at all."""

    def __init__(self, config: JunitConfig, context: ReporterContext) -> None:
        """Make the report's folder.

        Raises:
            OSError: it cannot be made, or the report's path is a folder.
        """
        self._path = resolve_path(config.path, context)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.is_dir():
            raise IsADirectoryError(f"{self._path} is a folder; the report needs a file's path")
        self._min_score = config.min_score
        self._folder = context.run_dir
        self._samples = FinishedSamples(context, keeps_reply=self._fails)
        self._so_far = EventsSoFar(context.run_dir)
        self._started: RunStarted | None = None
        self._has_stages = False
        self._is_written = False

    @property
    def product(self) -> Path | None:
        """Return the report, once it is written."""
        return self._path if self._is_written else None

    @hookimpl
    def run_event(self, event: RunEvent) -> None:
        """Take note of the start, and write the report at the end."""
        self._samples.hear(event)
        self._so_far.hear(event)
        if isinstance(event, RunStarted):
            self._started = event
            self._has_stages = False
        elif isinstance(event, StageStarted):
            self._has_stages = True
        elif isinstance(event, RunFinished) and not self._did_nothing(event):
            self._write(event)

    @hookimpl
    def sample_event(self, event: SampleEvent) -> None:
        """Take note of finished samples."""
        self._samples.hear(event)
        self._so_far.hear(event)

    def end_unfinished(self) -> None:
        """Write a report of what was heard, in which the run has no end."""
        if (event := self._so_far.end(self._samples.reached())) is not None:
            self._write(event)

    def _did_nothing(self, event: RunFinished) -> bool:
        """Return whether a finished run was resumed, and the report is there: it stays."""
        return (
            event.status == "finished"
            and self._started is not None
            and self._started.resumed
            and not self._has_stages
            and self._path.is_file()
        )

    def _write(self, event: RunFinished) -> None:
        root = self._report(event)
        ET.indent(root)
        with replacing(self._path) as file:
            ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
            file.write(b"\n")
        self._is_written = True

    def _report(self, event: RunFinished) -> Element:
        finished = self._samples.all()
        suites: dict[str, list[Element]] = {
            entry.category: [] for entry in event.categories if entry.figures.samples
        }
        for sample in finished:
            suites.setdefault(sample.category, []).append(self._case(sample))
        for unreached in self._samples.unreached(finished):
            case = _case(unreached.category, unreached.id)
            _note(case, "skipped", "not reached", f"not reached: the run {_ended(event)}")
            suites.setdefault(unreached.category, []).append(case)
        figures = {entry.category: entry.figures for entry in event.categories}
        own = [self._of_run(event), *self._of_rows(event)]
        root = Element("testsuites", name="editgauge")
        root.append(self._suite(_OWN_SUITE, own, self._properties(event, event.figures)))
        for category, cases in suites.items():
            name = _OWN_SUITE + "." + (clean_start(category, _NAME_LENGTH) or "samples")
            root.append(self._suite(name, cases, self._properties(event, figures.get(category))))
        _count(root, [suite for suite in root if suite.tag == "testsuite"], _sum_of)
        return root

    def _suite(
        self, name: str, cases: list[Element], properties: Iterable[tuple[str, str]]
    ) -> Element:
        suite = Element("testsuite", name=name)
        _count(suite, cases, _number_of)
        suite.set("skipped", str(_number_of(cases, "skipped")))
        if self._started is not None and (time := _TIME.match(self._started.time)):
            # Without a zone, as Ant's schema wants it; it is UTC.
            suite.set("timestamp", time[0])
        listed = SubElement(suite, "properties")
        for key, value in properties:
            SubElement(listed, "property", name=key, value=value)
        suite.extend(cases)
        return suite

    def _case(self, sample: FinishedSample) -> Element:
        case = _case(sample.category, sample.id, sample.seconds)
        problem = sample.problem
        if problem is not None:
            kind = "error" if problem.outcome in CRASHES else "failure"
            about = f"{problem.stage}: {problem.outcome}"
            message = f"{about}: {problem.reason}" if problem.reason else about
            kind_in_detail = f"{problem.stage}.{problem.outcome}"
            _note(case, kind, kind_in_detail, message, _with_reply(message, sample))
        elif not self._samples.is_done(sample):
            _note(case, "skipped", "not scored", "edited, and not scored: the run ended before")
        elif self._is_low(sample.value):
            message = f"score {sample.value:g} is below min_score {self._min_score:g}"
            _note(case, "failure", "score.low", message, _with_reply(message, sample))
        if sample.value is not None:
            SubElement(case, "system-out").text = f"score {sample.value:g}"
        return case

    def _fails(self, outcome: str, value: float | None) -> bool:
        return outcome != "ok" or self._is_low(value)

    def _is_low(self, value: float | None) -> bool:
        return value is not None and self._min_score is not None and value < self._min_score

    def _of_run(self, event: RunFinished) -> Element:
        """Return the test case of the run itself, so that its reason to fail is seen."""
        # Without a time of its own: that of the suites is the sum of their cases.
        case = _case("", "the run")
        if event.status != "finished":
            code = f", exit code {event.exit_code}" if event.status != UNFINISHED else ""
            message = f"{event.status}{code}: {event.reason}"
            _note(case, "error", f"run.{event.status}", message, f"{message}\n\n{event.advice}")
        return case

    def _of_rows(self, event: RunFinished) -> Iterator[Element]:
        """Yield a test case for each bad row that was skipped, as far as they are known."""
        rows = _skipped_rows(self._folder)[: event.skipped_rows]
        for row in rows:
            where, _, reason = row.partition(": ")
            case = _case("", where)
            _note(case, "skipped", "bad row", reason or row)
            yield case
        if more := event.skipped_rows - len(rows):
            case = _case("", f"{counted(more, 'bad row')}{' more' if rows else ''}")
            _note(case, "skipped", "bad row", "skipped; see `dataset` in run.json")
            yield case

    def _properties(self, event: RunFinished, figures: Figures | None) -> Iterator[tuple[str, str]]:
        yield "run_id", clean_start(event.run_id, _NAME_LENGTH)
        yield "status", clean_start(event.status, _NAME_LENGTH)
        if event.status != UNFINISHED:
            yield "exit_code", str(event.exit_code)
        yield "seconds", _seconds(event.seconds)
        if self._started is not None:
            yield "edit_model", clean_start(self._started.edit_model, _NAME_LENGTH)
            if self._started.reward_model:
                yield "reward_model", clean_start(self._started.reward_model, _NAME_LENGTH)
            yield "seed", str(self._started.seed)
            for package in self._started.versions:
                name = clean_start(package.package, _NAME_LENGTH)
                yield f"version.{name}", clean_start(package.version, _NAME_LENGTH)
        if figures is not None:
            yield "score", coverage_of(figures)
            yield "samples", str(figures.samples)
            yield "scored", str(figures.scored)
            values = {"mean": figures.mean, "low": figures.low, "high": figures.high}
            for name, value in values.items():
                if value is not None:
                    yield name, number(value)


def _with_reply(message: str, sample: FinishedSample) -> str:
    return message if sample.reply is None else f"{message}\n\nreply:\n{sample.reply}"


def _ended(event: RunFinished) -> str:
    known = {"interrupted": "was interrupted", UNFINISHED: "has no end in the recording"}
    return known.get(event.status, f"ended as {event.status}")


def _case(category: str, name: str, seconds: float | None = None) -> Element:
    """Return a test case without a problem.

    Viewers take `classname` apart at its dots, so a category has none of its own.
    """
    of = clean_start(category, _NAME_LENGTH).replace(".", "_")
    case = Element(
        "testcase",
        name=clean_start(name, _NAME_LENGTH) or "(empty)",
        classname=f"{_OWN_SUITE}.{of}" if of else _OWN_SUITE,
    )
    if seconds is not None:
        case.set("time", _seconds(seconds))
    return case


def _note(case: Element, tag: str, kind: str, message: str, text: str = "") -> None:
    note = SubElement(
        case, tag, type=clean_start(kind, 100), message=clean_start(message, _MESSAGE_LENGTH)
    )
    if text:
        # Cut before it is cleaned: it may be long, and what an escape takes is not cut in two.
        note.text = clean(shorten(text, _TEXT_LENGTH), keep_newlines=True)


def _count(
    parent: Element, children: list[Element], how: Callable[[list[Element], str], int]
) -> None:
    for name in ("tests", "failures", "errors"):
        parent.set(name, str(how(children, name)))
    parent.set("time", _seconds(sum(float(child.get("time", "0")) for child in children)))


def _number_of(cases: list[Element], name: str) -> int:
    tag = {"failures": "failure", "errors": "error"}.get(name, name)
    return len(cases) if tag == "tests" else sum(case.find(tag) is not None for case in cases)


def _sum_of(suites: list[Element], name: str) -> int:
    return sum(int(suite.get(name, "0")) for suite in suites)


def _seconds(value: float) -> str:
    return f"{max(0.0, value):.3f}"


def _skipped_rows(folder: Path) -> list[str]:
    """Return place and reason of bad rows, as far as the run's record has them."""
    try:
        dataset = read_manifest(folder).get("dataset")
    except RunDirectoryError:
        return []
    rows = dataset.get("skipped_rows") if isinstance(dataset, dict) else None
    return [str(row) for row in rows] if isinstance(rows, list) else []
