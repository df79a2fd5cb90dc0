"""Reports for tests, made without a browser."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.made_up_run import MadeUpRun, make_up_run

from editgauge.config_schemas.reporters import HtmlConfig
from editgauge.core.hooks.events import Event
from editgauge.reporters.html.reporter import HtmlReporter
from tests.reporters.contexts import make_context
from tests.reporters.script import Clock, play


def report_of(
    run_dir: Path, stream: Sequence[Event], *, closed: bool = True, **config: Any
) -> Path:
    """Play events to a reporter, and return the folder of the report; not closed, it is cut off."""
    context = replace(make_context(run_dir=run_dir), run_id=stream[0].run_id)
    reporter: Any = HtmlReporter(HtmlConfig(**config), context)
    play(reporter, stream, Clock())
    if closed:
        reporter.close()
    return Path(str(config.get("path", run_dir / "report")))


def made_up_report(folder: Path, number: int, **changes: Any) -> tuple[Path, MadeUpRun]:
    """Return the report of a made-up run of so many samples, and the run."""
    run = make_up_run(folder, number, **changes)
    return report_of(folder, run.events), run
