"""Guards that are killed or stopped, with real workers: nothing is left, and the end is told."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.workers.test_process import Started
from tests.support.processes import descendants, is_alive, wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Started]:
    started = Started(tmp_path)
    yield started
    started.process.kill()
    assert started.process.join(10)


def _parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def _stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    assert wait_until(lambda: _state_of(pid) == "T", 10)


def test_a_worker_and_all_that_it_started_end_when_its_guard_is_killed(worker: Started) -> None:
    worker.load(load="orphan")
    worker.frame("ready")
    pid = worker.process.wait_for_pid()
    orphan = int((worker.folder / "orphan.pid").read_text())
    os.kill(_parent_of(pid), signal.SIGKILL)
    end = worker.end()
    assert end.exit_code == -signal.SIGKILL
    assert end.reason.startswith("was ended with its guard process: killed by SIGKILL")
    # In a session of its own, where no death signal and no signal to a group reaches it.
    assert wait_until(lambda: not is_alive(pid) and not is_alive(orphan), 10)


def test_the_end_of_a_worker_is_told_by_a_guard_that_was_stopped(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    pid = worker.process.wait_for_pid()
    _stop(_parent_of(pid))
    os.kill(pid, signal.SIGSEGV)
    assert worker.end().exit_code == -signal.SIGSEGV


def test_a_worker_can_be_killed_while_its_guard_is_stopped(worker: Started) -> None:
    worker.load(load="orphan")
    worker.frame("ready")
    orphan = int((worker.folder / "orphan.pid").read_text())
    _stop(_parent_of(worker.process.wait_for_pid()))
    worker.process.kill()
    assert worker.end().exit_code == -signal.SIGKILL
    assert not is_alive(orphan)


PARENT = """
import sys, time
from pathlib import Path
from tests.core.workers.test_process import Started
worker = Started(Path(sys.argv[1]))
worker.load(load="orphan")
worker.frame("ready")
print(worker.process.wait_for_pid(), flush=True)
time.sleep(600)
"""


def test_nothing_outlives_a_killed_parent_whose_guard_is_stopped(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        below = descendants(parent.pid)
        assert {pid, int((tmp_path / "orphan.pid").read_text())} < set(below)
        # The worker, too: it would see the end of its requests by itself.
        _stop(pid)
        _stop(_parent_of(pid))
        parent.kill()
    assert wait_until(lambda: not any(is_alive(one) for one in below), 10)
