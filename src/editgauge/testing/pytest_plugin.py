"""Fixtures for pytest; loaded in every test session, so nothing is imported before it is used."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from editgauge.testing.recorder import EventRecorder
    from editgauge.testing.runs import TriedRun


@pytest.fixture
def editgauge_recorder() -> "EventRecorder":
    """Return a recorder, to be given to a run: `editgauge.run(config, reporters=[recorder])`."""
    from editgauge.testing.recorder import EventRecorder

    return EventRecorder()


@pytest.fixture
def editgauge_run(tmp_path: Path) -> "Callable[..., TriedRun]":
    """Return `editgauge.testing.run_in` for this test's temporary directory."""

    def run(**options: Any) -> "TriedRun":
        from editgauge.testing.runs import run_in

        return run_in(tmp_path, **options)

    return run
