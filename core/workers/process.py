"""One worker process as the parent sees it: start it, send frames, hear everything it says."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editgauge.core.text import clean, counted
from editgauge.core.workers.environments import child_script, guard_script
from editgauge.core.workers.exits import describe_exit, kernel_kills
from editgauge.core.workers.protocol import (
    ChannelEndedError,
    Frame,
    ProtocolError,
    read_frames,
    write_all,
    write_frame,
)
from editgauge.core.workers.redaction import Redactor, secrets_of_environment
from editgauge.core.workers.strays import MARK_VARIABLE, kill_marked

LINES_PER_SECOND = 200
"""Lines of one worker's output that are announced per second; the log file gets all of them."""
LINE_LENGTH = 2_000
"""Characters of a line that are announced; the log file gets all of them."""
KEPT_LINES = 20
"""Last lines of output that go into the report of a lost worker."""
_FLUSH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """The worker sent a frame."""

    process: "WorkerProcess"
    frame: Frame


@dataclass(frozen=True, slots=True)
class ChannelBroken:
    """What came over the channel is no frame; the worker cannot be used any more.

    `by_request` says that it is the request's fault: it cannot be sent, to no worker.
    """

    process: "WorkerProcess"
    reason: str
    by_request: bool = False


@dataclass(frozen=True, slots=True)
class LineWritten:
    """The worker, or something that it started, wrote a line to stdout or stderr."""

    process: "WorkerProcess"
    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class LogNotWritten:
    """The worker's log file could not be written."""

    process: "WorkerProcess"
    error: OSError


@dataclass(frozen=True, slots=True)
class ProcessExited:
    """The worker ended, and everything that it had sent has been delivered.

    `exit_code` is as `subprocess.Popen.returncode`: negative for a signal. `reason` says it in
    words, to follow the worker's name.
    """

    process: "WorkerProcess"
    exit_code: int
    reason: str


WorkerMessage = FrameReceived | ChannelBroken | LineWritten | LogNotWritten | ProcessExited


_alive: "weakref.WeakSet[WorkerProcess]" = weakref.WeakSet()


def _let_go() -> None:
    """Close the lifelines that a forked process has copies of.

    With a copy of them, it would keep workers alive after their parent is gone.
    """
    for process in _alive:
        process.let_go()


os.register_at_fork(after_in_child=_let_go)


class WorkerProcess:
    """A child process with its guard, its channel, and its log.

    Messages are put into the inbox by threads of this object, frames in the order in which they
    were sent, and `ProcessExited` last.
    """

    def __init__(
        self,
        name: str,
        *,
        interpreter: str,
        environment: Mapping[str, str],
        log: Path,
        inbox: Callable[[WorkerMessage], None],
        secrets: Iterable[str] = (),
    ) -> None:
        """Start the process.

        Args:
            name: the worker's name.
            interpreter: absolute path of the Python to run.
            environment: all of its environment variables.
            log: file that its output is appended to.
            inbox: takes messages; called from other threads.
            secrets: what is taken out of everything that it says, beside what looks secret in its
                environment.

        Raises:
            OSError: a process or the log file cannot be made.
        """
        self.name = name
        self._pid = 0
        self._pid_known = threading.Event()
        self._ended = threading.Event()
        self.started = time.monotonic()
        self.last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._inbox = inbox
        self._redactor = Redactor([*secrets, *secrets_of_environment(environment)])
        self._outgoing: queue.SimpleQueue[Frame | None] = queue.SimpleQueue()
        self._order_lock = threading.Lock()
        self._log_lock = threading.Lock()
        self._mark = uuid.uuid4().hex
        self._kills_at_start = kernel_kills.count()
        self._kill_ordered = False
        self._log_file = log.open("ab", buffering=0)
        pipes: list[int] = []
        try:
            request_reader, request_writer = _pipe(pipes)
            response_reader, response_writer = _pipe(pipes)
            output_reader, output_writer = _pipe(pipes)
            lifeline_reader, lifeline_writer = _pipe(pipes)
            status_reader, status_writer = _pipe(pipes)
            command = [interpreter, child_script(), str(request_reader), str(response_writer)]
            settings = {
                "command": command,
                "pass_fds": [request_reader, response_writer],
                "lifeline": lifeline_reader,
                "status": status_writer,
            }
            child_ends = (request_reader, response_writer, lifeline_reader, status_writer)
            marked = {**environment, MARK_VARIABLE: self._mark}
            self._guard = _start_guard(settings, marked, output_writer, child_ends)
        except BaseException:
            with contextlib.suppress(OSError):
                self._log_file.close()
            for descriptor in pipes:
                os.close(descriptor)
            raise
        for descriptor in (*child_ends, output_writer):
            os.close(descriptor)
        self._lifeline: int | None = lifeline_writer
        self._threads = [
            threading.Thread(target=target, args=(descriptor,), name=f"{name}-{what}", daemon=True)
            for what, target, descriptor in (
                ("requests", self._write_requests, request_writer),
                ("responses", self._read_responses, response_reader),
                ("output", self._read_output, output_reader),
                ("status", self._read_status, status_reader),
            )
        ]
        _alive.add(self)
        for thread in self._threads:
            thread.start()

    def let_go(self) -> None:
        """Close this process's copy of the lifeline: it was forked off and owns no worker."""
        # Without the lock, which a thread may hold that this process does not have.
        lifeline, self._lifeline = self._lifeline, None
        if lifeline is not None:
            os.close(lifeline)

    def wait_for_pid(self) -> int:
        """Return the worker's process id, as soon as its guard has told it; 0 if it never did."""
        self._pid_known.wait(_FLUSH_SECONDS)
        return self._pid

    def send(self, frame: Frame) -> None:
        """Send a frame without waiting; if the worker is gone, its exit will be told."""
        self._outgoing.put(frame)

    def close_requests(self) -> None:
        """Let the worker see the end of its requests."""
        self._outgoing.put(None)

    def terminate(self) -> None:
        """Send SIGTERM to the worker's process group."""
        self._order(b"T")

    def kill(self) -> None:
        """Send SIGKILL to the worker and everything that it started."""
        self._kill_ordered = True
        self._order(b"K")

    def join(self, timeout: float) -> bool:
        """Wait for the end of the process; return whether it ended in time."""
        self._threads[-1].join(timeout)
        return not self._threads[-1].is_alive()

    def _order(self, order: bytes) -> None:
        with self._order_lock:
            if self._lifeline is not None:
                with contextlib.suppress(OSError):
                    os.write(self._lifeline, order)
        self._wake_guard()

    def _wake_guard(self) -> None:
        """Let a guard go on that was stopped (SIGSTOP): it is about to be needed."""
        with contextlib.suppress(OSError):
            self._guard.send_signal(signal.SIGCONT)

    def _write_requests(self, descriptor: int) -> None:
        with _closing(descriptor):
            while (frame := self._outgoing.get()) is not None:
                try:
                    write_frame(descriptor, frame)
                except OSError:
                    return
                except (ProtocolError, ValueError, TypeError) as error:
                    reason = f"a request cannot be sent: {error}"
                    self._inbox(ChannelBroken(self, reason, by_request=True))
                    return

    def _read_responses(self, descriptor: int) -> None:
        how = "the channel ended"
        with _closing(descriptor):
            try:
                for raw in read_frames(descriptor):
                    frame = self._redactor.frame(raw)
                    if "traceback" in frame:
                        text = str(frame.pop("traceback"))
                        self._keep_traceback(text, shown=text.strip() != frame.get("error"))
                    self._inbox(FrameReceived(self, frame))
            except ChannelEndedError as error:
                how = str(error)
            except (ProtocolError, RecursionError) as error:
                self._inbox(ChannelBroken(self, self._redactor.text(str(error))))
                while os.read(descriptor, 65536):
                    pass
        # The worker has ended, most likely, and its guard should say so: how it ended is the reason
        # of the loss, and not where in a frame.
        self._wake_guard()
        if not self._ended.wait(_FLUSH_SECONDS):
            self._inbox(ChannelBroken(self, f"{how}, and the worker lives on"))

    def _keep_traceback(self, text: str, *, shown: bool) -> None:
        """Put a traceback into the log; people see it if they ask for debug lines.

        Args:
            text: the traceback.
            shown: whether it says more than the error, which people see in any case.
        """
        self._write_log(_log_line(text.encode("utf-8", "backslashreplace")))
        for line in text.splitlines() if shown else ():
            self._inbox(LineWritten(self, line[:LINE_LENGTH], level="debug"))

    def _write_log(self, data: bytes) -> None:
        with self._log_lock:
            if self._log_file.closed:
                return
            try:
                write_all(self._log_file.fileno(), data)
            except OSError as error:
                with contextlib.suppress(OSError):
                    self._log_file.close()
                self._log_not_written(error)

    def _close_log(self) -> None:
        """Close the log; a network file system may tell only now that it was not written."""
        with self._log_lock:
            try:
                self._log_file.close()
            except OSError as error:
                self._log_not_written(error)

    def _log_not_written(self, error: OSError) -> None:
        error.filename = self._log_file.name
        self._inbox(LogNotWritten(self, error))

    def _read_output(self, descriptor: int) -> None:
        lines = _OutputLines(self, self._inbox)
        redactor = self._redactor.stream()
        rest, ended = b"", False
        with _closing(descriptor):
            while not ended:
                data = os.read(descriptor, 65536)
                ended = not data
                data = redactor.finish() if ended else redactor.feed(data)
                *complete, rest = (rest + data).split(b"\n")
                if len(rest) > LINE_LENGTH * 4 or (ended and rest):
                    complete.append(rest)
                    rest = b""
                # Whole lines only: what a line is can be said of its beginning.
                self._write_log(b"".join(_log_line(line) for line in complete))
                for line in complete:
                    lines.add(line)
            lines.finish()

    def _read_status(self, descriptor: int) -> None:
        exit_code: int | None = None
        with _closing(descriptor), os.fdopen(os.dup(descriptor), "rb") as status:
            for line in status:
                message: dict[str, Any] = json.loads(line)
                self._pid = message.get("pid", self._pid)
                self._pid_known.set()
                exit_code = message.get("exit", exit_code)
        self._pid_known.set()
        self._ended.set()
        guard_exit_code = self._guard.wait()
        if exit_code is None:
            # The guard is gone without a word: the worker follows it by its death signal, but not
            # what the worker started.
            if self._pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._pid, signal.SIGKILL)
            kill_marked(self._mark)
            exit_code = -signal.SIGKILL
            end = self._describe_exit(guard_exit_code)
            reason = f"was ended with its guard process: {end}"
        else:
            reason = self._describe_exit(exit_code)
        with self._order_lock:
            if self._lifeline is not None:
                os.close(self._lifeline)
                self._lifeline = None
        self.close_requests()
        for thread in self._threads[1:3]:
            thread.join(_FLUSH_SECONDS)
        self._close_log()
        self._inbox(ProcessExited(self, exit_code, reason))

    def _describe_exit(self, exit_code: int) -> str:
        if exit_code != -signal.SIGKILL:
            return describe_exit(exit_code)
        if self._kill_ordered:
            # Whoever ordered it knows why; a kill of the kernel's was another worker's end.
            return "killed by SIGKILL, as ordered"
        return describe_exit(exit_code, out_of_memory=kernel_kills.claim(self._kills_at_start))


def _log_line(line: bytes) -> bytes:
    """Return a line as it stands in a log: what harms a terminal or a build system made visible.

    A carriage return, with which bars are drawn, begins a new line.
    """
    text = line.decode("utf-8", "backslashreplace").rstrip("\r\n").replace("\r", "\n")
    return f"{clean(text, keep_newlines=True)}\n".encode()


class _OutputLines:
    """Announces lines, at most so many a second, and counts the rest."""

    def __init__(self, process: WorkerProcess, inbox: Callable[[WorkerMessage], None]) -> None:
        self._process = process
        self._inbox = inbox
        self._second = 0
        self._announced = 0
        self._left_out = 0

    def add(self, line: bytes) -> None:
        text = line.rstrip(b"\r").decode("utf-8", "backslashreplace")[:LINE_LENGTH]
        if not text.strip():
            return
        self._process.last_lines.append(text)
        second = int(time.monotonic())
        if second != self._second:
            self.finish()
            self._second, self._announced = second, 0
        if self._announced >= LINES_PER_SECOND:
            self._left_out += 1
            return
        self._announced += 1
        self._inbox(LineWritten(self._process, text))

    def finish(self) -> None:
        if self._left_out:
            self._inbox(
                LineWritten(
                    self._process,
                    f"({counted(self._left_out, 'more line')} in the worker's log)",
                    level="warning",
                )
            )
            self._left_out = 0


def _pipe(opened: list[int]) -> tuple[int, int]:
    reader, writer = os.pipe()
    opened += [reader, writer]
    return reader, writer


def _start_guard(
    settings: dict[str, Any],
    environment: Mapping[str, str],
    output: int,
    child_ends: Sequence[int],
) -> subprocess.Popen[bytes]:
    # -I and -S: the guard imports nothing but the standard library, whatever the environment says.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", guard_script(), json.dumps(settings)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=dict(environment),
        pass_fds=child_ends,
        start_new_session=True,
    )


@contextlib.contextmanager
def _closing(descriptor: int) -> Any:
    try:
        yield
    finally:
        os.close(descriptor)
