"""How a lost worker is told: why, and when it is back."""

from pathlib import Path

import pytest

from editgauge.core.hooks.events import WorkerLost, WorkerStarted
from editgauge.reporters.wording import Voice
from editgauge.reporters.worker_rows import WorkerRow

CASES = [
    (True, 4.0, "in 4.0 s"),
    (True, 60.0, "in 1 min 00 s"),
    (True, 0.0, ""),
    # Of a recording that was made before the pause was told.
    (True, None, ""),
    (False, None, None),
]


def _lost(*, will_restart: bool, restart_in: float | None) -> WorkerLost:
    return WorkerLost(
        worker="edit-1",
        stage="edit",
        reason="killed by SIGSEGV",
        will_restart=will_restart,
        restart_in=restart_in,
    )


@pytest.mark.parametrize(("will_restart", "restart_in", "soon"), CASES)
def test_a_line_says_whether_and_when_a_replacement_is_started(
    will_restart: bool, restart_in: float | None, soon: str | None
) -> None:
    event = _lost(will_restart=will_restart, restart_in=restart_in)
    (line,) = Voice(run_dir=Path(), detail="short", logs="info").tell(event)
    expected = "it is not replaced" if soon is None else f"a replacement is started {soon}".rstrip()
    assert line.text.endswith(f"lost: killed by SIGSEGV; {expected}")


@pytest.mark.parametrize(("will_restart", "restart_in", "soon"), CASES)
def test_a_row_says_it_until_the_replacement_loads(
    will_restart: bool, restart_in: float | None, soon: str | None
) -> None:
    row = WorkerRow(stage="edit", steps=True)
    row.hear(_lost(will_restart=will_restart, restart_in=restart_in))
    expected = "not replaced" if soon is None else f"a replacement comes {soon}".rstrip()
    text = row.text("[1]", 3.0, 80, ascii_only=True)
    assert text == f"[1] lost, {expected}: killed by SIGSEGV"
    row.hear(
        WorkerStarted(
            worker="edit-1",
            stage="edit",
            devices=("cpu",),
            pid=7,
            python="python",
            threads=1,
            start=2,
        )
    )
    assert row.text("[1]", 3.0, 80, ascii_only=True).startswith("[1] loading")
