"""Finds the browser that tests of the HTML report use, or provides one: `python -m tests.browser`.

In this order: Chromium or Chrome on PATH, what `playwright install` has left, `playwright install
chromium`, and, as root where there is apt-get, the distribution's package.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLAYWRIGHT = (sys.executable, "-m", "playwright", "install", "chromium")
_APT_GET = (
    ("apt-get", "update", "--quiet"),
    ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"),
)
_MISSING = """\
No browser for the tests of the HTML report. Tried: {tried}.
Install Chromium or Chrome so that one of {names} is on PATH, or run
`{playwright}` where a network is, and try again.
"""


def find_browser() -> Path | None:
    """Return the program of a browser that is there and starts, or None."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None and _starts(found):
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        installed = playwright.chromium.executable_path
    return Path(installed) if _starts(installed) else None


def _starts(program: str) -> bool:
    """Return whether a program is there, with the libraries that it needs."""
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def provide_browser() -> Path | None:
    """Return the program of a browser, installed if need be, or None if nothing works."""
    browser = find_browser()
    if browser is None and _try(_PLAYWRIGHT):
        browser = find_browser()
    if browser is None and _can_install():
        for command in _APT_GET:
            _try(command)
        browser = find_browser()
    return browser


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _try(command: Sequence[str]) -> bool:
    sys.stderr.write(f"== {' '.join(command)}\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=environment, timeout=900).returncode == 0


def main() -> None:
    """Provide a browser, or say what to do and fail."""
    browser = provide_browser()
    if browser is None:
        tried = ["PATH", "playwright install"] + ["apt-get install"] * _can_install()
        sys.exit(
            _MISSING.format(
                tried=", ".join(tried), names=", ".join(NAMES), playwright=" ".join(_PLAYWRIGHT)
            )
        )


if __name__ == "__main__":
    main()
