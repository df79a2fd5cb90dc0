"""`status.json`: whole at any time, renewed every two seconds, and never a reason to stop."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from editgauge.core.hooks.events import Event, LogEmitted, PhaseStarted, StatusReported
from editgauge.core.outcomes import ExitCode, RunStatus
from editgauge.core.run.live_status import LiveStatus
from tests.support.failing_writes import SUPPORTED, FailingWrites


class Bench:
    """A live status whose clock, questions and listeners are the test's."""

    def __init__(self, folder: Path, *, told_by_reporter: bool = False) -> None:
        self.folder = folder
        self.now = 100.0
        self.asked = False
        self.events: list[Event] = []
        self.said: list[str] = []
        self.live = LiveStatus(
            folder,
            emit=self.events.append,
            say=self._say,
            told_by_reporter=told_by_reporter,
            is_asked=self._take,
            clock=lambda: self.now,
        )

    def _say(self, lines: Sequence[str]) -> None:
        self.said += lines

    def _take(self) -> bool:
        asked, self.asked = self.asked, False
        return asked

    def read(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads((self.folder / "status.json").read_text())
        return status


def test_it_is_renewed_every_two_seconds_and_no_more(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.live.beat()
    first = bench.read()
    assert first["run_id"] == tmp_path.name
    bench.now += 1.9
    bench.live.beat()
    assert bench.read() == first
    bench.now += 0.2
    bench.live.beat()
    assert bench.read()["updated"] > first["updated"]
    assert bench.read()["started"] == first["started"]
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_change_of_phase_does_not_wait(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.live.beat()
    bench.live.emit(PhaseStarted(phase="preflight"))
    bench.live.beat()
    assert bench.read()["phase"] == "preflight"
    assert [type(event) for event in bench.events] == [PhaseStarted]
    bench.live.end(RunStatus.FAILED, ExitCode.WORKERS_LOST)
    status = bench.read()
    assert (status["status"], status["exit_code"], status["phase"]) == ("failed", 101, "draining")


def test_other_threads_leave_it_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.asked = True
    thread = threading.Thread(target=bench.live.beat)
    thread.start()
    thread.join()
    assert bench.asked
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("told_by_reporter", [False, True])
def test_a_question_is_answered_once_where_people_read(
    tmp_path: Path, *, told_by_reporter: bool
) -> None:
    bench = Bench(tmp_path, told_by_reporter=told_by_reporter)
    bench.asked = True
    bench.live.beat()
    bench.live.beat()
    (report,) = bench.events
    assert isinstance(report, StatusReported)
    assert bench.said == ([] if told_by_reporter else list(report.lines))


@pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")
@pytest.mark.parametrize("told_by_reporter", [False, True])
def test_what_cannot_be_written_is_said_once_and_tried_again(
    tmp_path: Path, *, told_by_reporter: bool
) -> None:
    bench = Bench(tmp_path, told_by_reporter=told_by_reporter)
    with FailingWrites(tmp_path, at=1, kind="EROFS").installed():
        for _ in range(3):
            bench.live.beat()
            bench.now += 2.0
    (event,) = bench.events
    assert isinstance(event, LogEmitted)
    assert event.level == "warning"
    assert "status.json: Read-only file system" in event.text
    assert bench.said == ([] if told_by_reporter else [event.text])
    assert not list(tmp_path.iterdir())
    bench.live.beat()
    assert bench.read()["status"] == "running"


@pytest.mark.skipif(not SUPPORTED, reason="needs /proc to know what is written to")
def test_a_last_write_that_fails_is_said_though_reporters_are_closed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, told_by_reporter=True)
    with FailingWrites(tmp_path, at=1, kind="ENOSPC").installed():
        bench.live.enter("ended")
    assert len(bench.said) == 1
    assert "No space left on device" in bench.said[0]
