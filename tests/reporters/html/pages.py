"""A report in a browser, watched: what it asks for, prints, and does that it should not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.programs import find_browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}

_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Start headless Chromium, which opens pages from disk only."""
    program = find_browser()
    assert program is not None, "no browser: `make test` provides one, or python -m tests.programs"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and what went wrong in it so far."""

    page: Page
    folder: Path
    problems: list[str] = field(default_factory=list)

    def watch(self) -> None:
        inside = self.folder.as_uri()
        page = self.page
        page.on("console", lambda message: self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.problems.append(f"popup: {popup.url}"))
        page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(f"{inside}/")
                else self.problems.append(f"request: {request.url}")
            ),
        )

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def found(self) -> list[str]:
        """Return everything that went wrong, violations of the security policy among it."""
        violations: list[str] = self.page.evaluate("window.violations")
        return self.problems + [f"policy: {text}" for text in violations]


@contextmanager
def opened(
    browser: Browser, report: Path, *, address: str = "", **options: Any
) -> Iterator[Watched]:
    """Open a report in a context of its own; `options` are the context's."""
    context = browser.new_context(**{"viewport": WIDE} | options)
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.set_default_timeout(30_000)
    watched = Watched(page, report)
    watched.watch()
    page.goto(f"{(report / 'index.html').as_uri()}{address}")
    page.wait_for_selector("#count:not(:empty)")
    yield watched
    context.close()
