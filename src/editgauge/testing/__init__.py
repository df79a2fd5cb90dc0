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
    from editgauge.testing import plugin
    from editgauge.testing.models import (
        CountingEditModel,
        ScriptedJudge,
        SleepingEditModel,
        counted_edits,
    )
    from editgauge.testing.recorder import EventRecorder
    from editgauge.testing.runs import TriedRun, make_samples, run_in

_HOME = {
    "Check": "editgauge.core.conformance.checks",
    "CheckResult": "editgauge.core.conformance.checks",
    "ConformanceError": "editgauge.core.conformance.checks",
    "ConformanceReport": "editgauge.core.conformance.checks",
    "CountingEditModel": "editgauge.testing.models",
    "EventRecorder": "editgauge.testing.recorder",
    "Finding": "editgauge.core.conformance.checks",
    "ScriptedJudge": "editgauge.testing.models",
    "SleepingEditModel": "editgauge.testing.models",
    "TriedRun": "editgauge.testing.runs",
    "check_dataset": "editgauge.core.conformance.api",
    "check_edit_model": "editgauge.core.conformance.api",
    "check_reporter": "editgauge.core.conformance.api",
    "check_reward_model": "editgauge.core.conformance.api",
    "counted_edits": "editgauge.testing.models",
    "make_samples": "editgauge.testing.runs",
    "run_in": "editgauge.testing.runs",
}

__all__ = [
    "Check",
    "CheckResult",
    "ConformanceError",
    "ConformanceReport",
    "CountingEditModel",
    "EventRecorder",
    "Finding",
    "ScriptedJudge",
    "SleepingEditModel",
    "TriedRun",
    "check_dataset",
    "check_edit_model",
    "check_reporter",
    "check_reward_model",
    "counted_edits",
    "make_samples",
    "plugin",
    "run_in",
]


if not TYPE_CHECKING:
    # Hidden from type checkers, which would take any name for one that there is.

    def __getattr__(name: str) -> Any:
        if name == "plugin":
            return importlib.import_module("editgauge.testing.plugin")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
