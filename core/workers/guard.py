"""Stands between the parent and one worker, so that nothing outlives the parent.

A script of its own, standard library only, run by the parent's interpreter. It becomes the
subreaper of the worker's descendants (Linux), starts the worker in a session of its own, and
watches a pipe from the parent: at its end of file, which comes however the parent dies, everything
below the guard is killed, processes in sessions of their own too. A death signal alone does not do
this: it fires when the starting thread ends, and it spares grandchildren.

Usage: `guard.py SETTINGS`, a JSON object: `command` (list), `pass_fds` (descriptors for the
worker), `lifeline` (descriptor; bytes `T` and `K` ask for SIGTERM and SIGKILL to the worker's
group), `status` (descriptor; the guard writes `{"pid": N}` and `{"exit": N}` as JSON lines, with
N as `subprocess.Popen.returncode`).
"""

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_KILL_SECONDS = 10.0
_CANNOT_RUN = 127


def main() -> None:
    """Run the guard; see the module's docstring."""
    settings = json.loads(sys.argv[1])
    for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signal_number, signal.SIG_IGN)
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    # A stopped guard (SIGSTOP) could not see the end of the parent: it goes on at that moment.
    _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        # Kept: a forgotten Popen reaps its process, if that has ended, and its exit code is lost.
        process = _start(settings["command"], settings["pass_fds"])
    except OSError as error:
        sys.stderr.write(f"cannot run {settings['command'][0]}: {error}\n")
        _tell(settings["status"], {"exit": _CANNOT_RUN})
        return
    for descriptor in settings["pass_fds"]:
        os.close(descriptor)
    _tell(settings["status"], {"pid": process.pid})
    exit_code = _watch(process.pid, settings["lifeline"], wake_reader)
    _kill_descendants()
    if exit_code is None:
        exit_code = -signal.SIGKILL
    _tell(settings["status"], {"exit": exit_code})


def _start(command: list[str], pass_fds: list[int]) -> "subprocess.Popen[bytes]":
    def before_exec() -> None:
        # In case the guard itself is killed: it has one thread, so the signal means its death.
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        pass_fds=pass_fds,
        start_new_session=True,
        preexec_fn=before_exec,  # noqa: PLW1509 - the guard has one thread
    )


def _watch(worker: int, lifeline: int, wake_reader: int) -> int | None:
    """Return the worker's exit code, or None if the lifeline ended first."""
    # Not `select`: the lifeline has the parent's number for it, which may be above 1023.
    poll = select.poll()
    for watched in (lifeline, wake_reader):
        poll.register(watched, select.POLLIN | select.POLLHUP)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == wake_reader:
                os.read(wake_reader, 4096)
                exit_code = _reap(worker)
                if exit_code is not None:
                    return exit_code
                continue
            orders = os.read(lifeline, 64)
            if not orders:
                return None
            for order in orders:
                number = signal.SIGTERM if order == ord("T") else signal.SIGKILL
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(worker, number)


def _reap(worker: int) -> int | None:
    """Reap whatever ended; return the worker's exit code if it was among them."""
    exit_code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == worker:
                exit_code = os.waitstatus_to_exitcode(status)
                # Its group may have members that are not below the guard (macOS).
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(worker, signal.SIGKILL)
    return exit_code


def _kill_descendants() -> None:
    """Kill everything below the guard, again and again, until nothing is left."""
    deadline = time.monotonic() + _KILL_SECONDS
    while time.monotonic() < deadline:
        for pid in _children():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def _children() -> list[int]:
    """Return the direct children; the orphans of dead ones become direct children in turn."""
    own = os.getpid()
    found = []
    try:
        entries = os.listdir("/proc")  # noqa: PTH208 - starts faster
    except OSError:
        return []
    for entry in entries:
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:  # noqa: PTH123 - starts faster
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if parent == own:
            found.append(int(entry))
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _tell(descriptor: int, message: dict[str, int]) -> None:
    with contextlib.suppress(OSError):
        os.write(descriptor, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    main()
