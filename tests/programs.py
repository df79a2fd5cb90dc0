"""Finds the programs that tests drive, or provides them: `python -m tests.programs`.

The browser of the HTML report's tests is looked for in this order: Chromium or Chrome on PATH, what
`playwright install` has left, `playwright install chromium`, and, as root where there is apt-get,
the distribution's package. Without one, those tests fail. logrotate is taken from PATH or
`/usr/sbin`, or installed by apt-get; where it cannot be had, its tests are skipped and say so.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLAYWRIGHT = (sys.executable, "-m", "playwright", "install", "chromium")
_MISSING = """\
No browser for the tests of the HTML report. Tried: {tried}.
Install Chromium or Chrome so that one of {names} is on PATH, or run
`{playwright}` where a network is, and try again.
"""


def find_browser() -> Path | None:
    """Return the program of a browser that is there and starts, or None."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found is not None and _starts(found):
            return Path(found)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        installed = playwright.chromium.executable_path
    return Path(installed) if _starts(installed) else None


def find_logrotate() -> Path | None:
    """Return the program logrotate, or None; distributions keep it off the PATH of most users."""
    found = shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return None if found is None else Path(found)


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
        _install("chromium")
        browser = find_browser()
    return browser


def provide_logrotate() -> Path | None:
    """Return the program logrotate, installed if need be, or None if nothing works."""
    if find_logrotate() is None and _can_install():
        _install("logrotate")
    return find_logrotate()


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(package: str) -> None:
    _try(("apt-get", "update", "--quiet"))
    _try(("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", package))


def _try(command: Sequence[str]) -> bool:
    sys.stderr.write(f"== {' '.join(command)}\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, check=False, env=environment, timeout=900)
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{error}\n")
        return False
    return done.returncode == 0


def main() -> None:
    """Provide the programs; without a browser, say what to do and fail."""
    if provide_logrotate() is None:
        sys.stderr.write("no logrotate: its tests will be skipped\n")
    if provide_browser() is None:
        tried = ["PATH", "playwright install"] + ["apt-get install"] * _can_install()
        sys.exit(
            _MISSING.format(
                tried=", ".join(tried), names=", ".join(BROWSERS), playwright=" ".join(_PLAYWRIGHT)
            )
        )


if __name__ == "__main__":
    main()
