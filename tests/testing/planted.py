"""Tries one check on one plugin that is wrong."""

from collections.abc import Mapping
from concurrent.futures import Future
from types import ModuleType
from typing import Any

from editgauge.core.conformance.api import checks_of, examine
from editgauge.core.conformance.checks import ConformanceReport
from editgauge.core.hooks.plugin_manager import Kind

CPU = {"devices": ["cpu"], "start_timeout": 60.0, "request_timeout": 60.0}
Fault = tuple[str, str, str]
"""What is registered, the check that is meant for its fault, and a part of what that says."""
Reports = Mapping[Fault, Future[ConformanceReport]]
NEEDED = frozenset({"starts", "edits", "scores", "reads", "made"})
"""Checks whose failure lets others be skipped."""


def examine_for(
    check: str, kind: Kind, config: Mapping[str, Any], plugin: ModuleType, **options: Any
) -> ConformanceReport:
    """Try a check, and those that it stands on."""
    others = [known.name for known in checks_of(kind) if known.name not in {check, *NEEDED}]
    return examine(kind, config, plugins=[plugin], skip=others, **options)


def name_of(fault: Fault) -> str:
    """Return what a test of it is called."""
    return f"{fault[0]}-{fault[1]}"


def assert_found(report: ConformanceReport, check: str, said: str) -> None:
    """Assert that the check, and no other, found something, and says what and how to mend it."""
    assert report.names("failed") == [check], str(report)
    found = " / ".join(finding.message for finding in report.findings)
    assert said in found
    assert all(finding.check.mend in str(report) for finding in report.findings)
