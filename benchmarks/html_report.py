"""How long the HTML report takes: to be made, and until a browser paints it.

Run from the root of the checkout: `.venv/bin/python -m benchmarks.html_report`. See README.md.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from benchmarks.launching import load_average
from benchmarks.made_up_run import make_up_run
from editgauge.config_schemas.reporters import HtmlConfig
from editgauge.core.hooks.events import RunEvent, RunFinished, SampleEvent
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.html.reporter import HtmlReporter

_FIRST_PAINT = """() => new Promise((resolve) => {
  const look = () => {
    const [entry] = performance.getEntriesByName("first-contentful-paint");
    if (entry) resolve(entry.startTime); else setTimeout(look, 5);
  };
  look();
})"""
_FILTER = """() => {
  const begin = performance.now();
  select({ text: "boat dusk" });
  const end = performance.now();
  select({ text: "" });
  return end - begin;
}"""


def main(argv: Sequence[str] | None = None) -> None:
    """Make a report of each size, open it several times, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs="+", default=[100, 5_000])
    parser.add_argument("--pictures", type=int, default=200, help="different sources and edits")
    parser.add_argument("--size", type=int, default=512, help="side of a picture in pixels")
    parser.add_argument("--openings", type=int, default=7, help="how often a report is opened")
    options = parser.parse_args(argv)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for number in options.samples:
            sys.stderr.write(f"{number:,} samples\n")
            report, page, pictures = _make(Path(folder, str(number)), number, options)
            rows.append((number, page, pictures, *_open(report, options.openings)))
    print(f"load average {load_average()}, {os.cpu_count()} cores, medians of {options.openings}")
    print(f"pictures: {options.pictures} sources and edits of {options.size} pixels\n")
    print("  samples   page made s   pictures ms each   first paint ms   gallery ms   search ms")
    for number, page, pictures, paint, gallery, search in rows:
        print(
            f"{number:>9,}{page:>14.2f}{pictures:>19.1f}{paint:>17.0f}{gallery:>13.0f}"
            f"{search:>12.1f}"
        )


def _make(folder: Path, number: int, options: argparse.Namespace) -> tuple[Path, float, float]:
    """Return a report, the seconds for its page, and the milliseconds for one image."""
    side = (options.size, options.size)
    run = make_up_run(folder, number, pictures=min(options.pictures, number), size=side)
    context = ReporterContext(
        run_id=run.events[0].run_id,
        run_dir=folder,
        stderr=StringIO(),
        stdout=StringIO(),
        interactive=False,
        color=False,
        size=lambda: (80, 24),
        clock=lambda: 0.0,
    )
    reporter = HtmlReporter(HtmlConfig(), context)
    page = 0.0
    for event in run.events:
        begin = time.perf_counter()
        if isinstance(event, RunEvent):
            reporter.run_event(event)
        elif isinstance(event, SampleEvent):
            reporter.sample_event(event)
        if isinstance(event, RunFinished):
            page = time.perf_counter() - begin
    begin = time.perf_counter()
    reporter.close()
    seconds = time.perf_counter() - begin
    made = len(list((folder / "report" / "pictures").iterdir())) / 2
    return folder / "report", page, 1000 * seconds / made


def _open(report: Path, times: int) -> tuple[float, float, float]:
    """Return milliseconds until the first paint, until the gallery is there, and of a search."""
    from playwright.sync_api import sync_playwright
    from tests.programs import find_browser

    found: list[tuple[float, float, float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        for _ in range(times + 1):
            page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
            page.goto((report / "index.html").as_uri(), wait_until="commit")
            paint = page.evaluate(_FIRST_PAINT)
            page.wait_for_selector("#count:not(:empty)")
            ready = page.evaluate(
                "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
            )
            found.append((paint, ready, page.evaluate(_FILTER)))
            page.context.close()
        browser.close()
    # The first opening is the browser's own warming up.
    paint, ready, search = (statistics.median(column) for column in zip(*found[1:], strict=True))
    return paint, ready, search


if __name__ == "__main__":
    main()
