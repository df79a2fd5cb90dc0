"""Real worker processes: their channel, their output, and their end."""

import os
import queue
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import editgauge
from editgauge.config_schemas.workers import WorkersConfig
from editgauge.core.workers.environments import locations, worker_environment
from editgauge.core.workers.process import (
    ChannelBroken,
    FrameReceived,
    LineWritten,
    LogNotWritten,
    ProcessExited,
    WorkerMessage,
    WorkerProcess,
)
from editgauge.core.workers.protocol import Frame, hello
from tests.support.processes import is_alive

TARGET = "tests.support.models:SleepingEditModel"


class Started:
    def __init__(self, folder: Path, interpreter: str = sys.executable) -> None:
        self.inbox: queue.SimpleQueue[WorkerMessage] = queue.SimpleQueue()
        self.folder = folder
        self.log = folder / "worker.log"
        self.process = WorkerProcess(
            "worker",
            interpreter=interpreter,
            environment=worker_environment(interpreter, {}, settings=WorkersConfig(), threads=1),
            log=self.log,
            inbox=self.inbox.put,
        )

    def greet(self) -> None:
        self.process.send({**hello(editgauge.__version__), "locations": locations(TARGET)})

    def load(self, **misbehave: str) -> None:
        self.greet()
        config = {"steps": 2, "step_seconds": 0, "folder": str(self.folder), "misbehave": misbehave}
        self.process.send(
            {
                "kind": "load",
                "stage": "edit",
                "target": TARGET,
                "config": config,
                "device": "cpu",
                "threads": 1,
            }
        )

    def until(self, kind: type[WorkerMessage]) -> list[WorkerMessage]:
        messages: list[WorkerMessage] = []
        while not messages or not isinstance(messages[-1], kind):
            messages.append(self.inbox.get(timeout=30))
        return messages

    def frame(self, kind: str) -> Frame:
        while True:
            message = self.until(FrameReceived)[-1]
            if isinstance(message, FrameReceived) and message.frame["kind"] == kind:
                return message.frame

    def end(self) -> ProcessExited:
        message = self.until(ProcessExited)[-1]
        assert isinstance(message, ProcessExited)
        return message

    def exit_code(self) -> int:
        return self.end().exit_code


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Started]:
    started = Started(tmp_path)
    yield started
    started.process.kill()
    assert started.process.join(10)


def test_a_worker_greets_loads_and_ends_when_asked(worker: Started) -> None:
    worker.load()
    assert worker.frame("hello")["version"] == editgauge.__version__
    assert worker.frame("ready")["details"]["device"] == "cpu"
    worker.process.send({"kind": "shutdown"})
    assert worker.exit_code() == 0


def test_a_worker_ends_when_its_requests_end(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    worker.process.close_requests()
    assert worker.exit_code() == 0


def test_a_kill_that_was_ordered_is_no_kill_from_outside(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    worker.process.kill()
    assert worker.end().reason == "killed by SIGKILL, as ordered"


def test_a_kill_from_outside_is_told_as_one(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    os.kill(worker.process.wait_for_pid(), signal.SIGKILL)
    # What the kernel's counter says is a matter of the machine; see test_exits.py.
    reason = worker.end().reason
    assert reason.startswith("killed by ")
    assert "ordered" not in reason


def test_sigterm_ends_a_worker(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    worker.process.terminate()
    assert worker.exit_code() == -signal.SIGTERM


def test_a_stopped_worker_can_be_killed(worker: Started) -> None:
    worker.load()
    worker.frame("ready")
    os.kill(worker.process.wait_for_pid(), signal.SIGSTOP)
    worker.process.kill()
    assert worker.exit_code() == -signal.SIGKILL


def test_a_grandchild_in_a_session_of_its_own_ends_with_the_worker(worker: Started) -> None:
    worker.load(load="orphan")
    worker.frame("ready")
    orphan = int((worker.folder / "orphan.pid").read_text())
    assert is_alive(orphan)
    worker.process.send({"kind": "shutdown"})
    assert worker.exit_code() == 0
    assert not is_alive(orphan)


def test_output_goes_to_the_log_and_is_announced(worker: Started) -> None:
    worker.load(load="print_from_c")
    worker.frame("ready")
    worker.process.send({"kind": "shutdown"})
    lines = [item.text for item in worker.until(ProcessExited) if isinstance(item, LineWritten)]
    log = worker.log.read_text()
    assert "written by C" in log
    assert "written by a grandchild" in log
    assert list(worker.process.last_lines) == log.splitlines()
    assert set(lines) <= set(log.splitlines())


def test_garbage_on_the_channel_is_told_and_not_taken_for_a_frame(worker: Started) -> None:
    worker.load(load="garbage")
    messages = worker.until(ChannelBroken)
    assert "something else was written" in getattr(messages[-1], "reason", "")


def test_a_target_that_cannot_be_imported_is_told(worker: Started) -> None:
    worker.greet()
    worker.process.send(
        {
            "kind": "inspect",
            "stage": "edit",
            "target": "tests.nowhere:X",
            "config": {},
            "list_devices": False,
        }
    )
    assert worker.frame("inspect_failed")["error"] == (
        "ModuleNotFoundError: No module named 'tests.nowhere'"
    )


def test_a_parent_of_another_version_is_refused(worker: Started) -> None:
    worker.process.send({**hello("9.9.9"), "locations": {}})
    assert worker.exit_code() == 1
    assert "9.9.9" in worker.log.read_text()


def test_an_interpreter_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    started = Started(tmp_path, interpreter=str(tmp_path / "missing"))
    assert started.exit_code() == 127
    assert "cannot run" in started.log.read_text()


def test_the_exit_code_of_a_worker_that_ends_at_once_is_never_lost(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 7\n")
    python.chmod(0o755)
    # It was lost now and then, so once is not enough.
    started = []
    for number in range(24):
        folder = tmp_path / str(number)
        folder.mkdir()
        started.append(Started(folder, interpreter=str(python)))
    assert [item.exit_code() for item in started] == [7] * len(started)


def test_a_log_that_cannot_be_written_is_told_and_output_is_still_drained(
    tmp_path: Path,
) -> None:
    (tmp_path / "worker.log").symlink_to("/dev/full")
    started = Started(tmp_path)
    started.load(load="print")
    assert isinstance(started.until(LogNotWritten)[-1], LogNotWritten)
    started.frame("ready")
    started.process.kill()
    assert started.process.join(10)


def test_the_worker_sees_neither_stdin_nor_the_channel_on_its_standard_descriptors(
    worker: Started,
) -> None:
    worker.load()
    worker.frame("ready")
    descriptors = Path(f"/proc/{worker.process.wait_for_pid()}/fd")
    targets = {name: str((descriptors / name).readlink()) for name in ("0", "1", "2")}
    assert targets["0"] == "/dev/null"
    assert targets["1"] == targets["2"]


@pytest.fixture
def many_open_files() -> Iterator[None]:
    former = resource.getrlimit(resource.RLIMIT_NOFILE)
    if former[1] != resource.RLIM_INFINITY and former[1] < 2048:
        pytest.skip("this machine allows no process more than 1024 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, former[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for descriptor in opened:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, former)


@pytest.mark.usefixtures("many_open_files")
def test_a_parent_with_many_open_files_can_start_workers(tmp_path: Path) -> None:
    worker = Started(tmp_path)
    worker.load()
    worker.frame("ready")
    worker.process.close_requests()
    assert worker.exit_code() == 0
