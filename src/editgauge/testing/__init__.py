"""Help for testing plugins: conformance checks, ready runs, and models that do as they are told.

Every name is imported when it is first used: pytest loads this package in every test session of an
environment that has editgauge, and workers import models from it that have no pydantic.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editgauge.core.conformance.api import (
        check_dataset,
        check_edit_model,
        check_reporter,
        check_reward_model,
    )
    from editgauge.core.conformance.checks import (
        Check,
        CheckResult,
        ConformanceError,
        ConformanceReport,
        Finding,
    )

_HOME = {
    "Check": "editgauge.core.conformance.checks",
    "CheckResult": "editgauge.core.conformance.checks",
    "ConformanceError": "editgauge.core.conformance.checks",
    "ConformanceReport": "editgauge.core.conformance.checks",
    "Finding": "editgauge.core.conformance.checks",
    "check_dataset": "editgauge.core.conformance.api",
    "check_edit_model": "editgauge.core.conformance.api",
    "check_reporter": "editgauge.core.conformance.api",
    "check_reward_model": "editgauge.core.conformance.api",
}

__all__ = [
    "Check",
    "CheckResult",
    "ConformanceError",
    "ConformanceReport",
    "Finding",
    "check_dataset",
    "check_edit_model",
    "check_reporter",
    "check_reward_model",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
