"""What the tests of this folder share: an undisturbed run, and the report of all kills."""

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.chaos.disturbed_runs import Undisturbed, undisturbed_run

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed_run(tmp_path_factory.mktemp("chaos"))


def pytest_terminal_summary(terminalreporter: "TerminalReporter") -> None:
    """Say how many were killed, and in which phases."""
    totals: Counter[str] = Counter()
    phases: dict[str, Counter[str]] = {}
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name.startswith("chaos phase of "):
                phases.setdefault(name.removeprefix("chaos phase of "), Counter())[str(value)] += 1
            elif name.startswith("chaos ") and isinstance(value, int):
                totals[name.removeprefix("chaos ")] += value
    if not totals:
        return
    terminalreporter.section("chaos")
    terminalreporter.line(", ".join(f"{name}: {number}" for name, number in totals.items()))
    for who, counts in phases.items():
        shares = ", ".join(f"{phase} {number}" for phase, number in counts.most_common())
        terminalreporter.line(f"{who} killed in: {shares}")
