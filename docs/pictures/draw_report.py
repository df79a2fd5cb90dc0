"""Draws the pictures of the HTML report in its page of the documentation, from a run of the demo.

Run from the root: `.venv/bin/python docs/pictures/draw_report.py [RUN_DIR]`. It runs `editgauge
demo`, unless it is given the directory of a demo with a report, opens the report in headless
Chromium, wide and narrow, light and dark, and writes WebP files beside itself.
"""

import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))

from tests.programs import find_browser  # noqa: E402 - the checkout is on the path only now

WIDE, NARROW = (1280, 860), (400, 860)
QUALITY = 82


def main() -> None:
    """Write the six pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run_dir = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder, "20261123-demo")
        if len(sys.argv) == 1:
            command = [
                str(Path(sys.executable).parent / "editgauge"),
                "demo",
                "--progress",
                "plain",
            ]
            subprocess.run([*command, "--run-dir", str(run_dir)], check=True)
        page = (run_dir / "report" / "index.html").absolute().as_uri()
        browser = playwright.chromium.launch(executable_path=find_browser())
        for name, size, scheme in (("wide", WIDE, "light"), ("narrow", NARROW, "dark")):
            _draw(browser, page, f"report-{name}-{scheme}", size, scheme)
        for name, size, scheme in (("wide", WIDE, "dark"), ("narrow", NARROW, "light")):
            _draw(browser, page, f"report-gallery-{name}-{scheme}", size, scheme, part="samples")
        for name, size, scheme in (("wide", WIDE, "light"), ("narrow", NARROW, "dark")):
            _draw(browser, page, f"report-sample-{name}-{scheme}", size, scheme, part="viewer")
        browser.close()


def _draw(
    browser: Browser,
    address: str,
    name: str,
    size: tuple[int, int],
    scheme: str,
    *,
    part: str = "",
) -> None:
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        device_scale_factor=1.5,
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#count:not(:empty)")
    if part == "samples":
        page.evaluate("document.getElementById('samples').scrollIntoView()")
    elif part == "viewer":
        page.evaluate("location.hash = `#sample=${samples[0].name}`")
        page.wait_for_selector("#viewer[open]")
        if width < 600:
            page.get_by_label("Slider").check()
    _wait_for_pictures(page)
    with Image.open(BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(FOLDER / f"{name}.webp", quality=QUALITY, method=6)
    context.close()


def _wait_for_pictures(page: Page) -> None:
    while not page.evaluate("[...document.images].every((image) => image.complete)"):
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)


if __name__ == "__main__":
    main()
