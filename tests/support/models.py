"""Edit and reward models for tests: they sleep, count, and misbehave as they are told.

Imported in workers, so standard library only at import.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from editgauge import (
    Config,
    EditModel,
    EditRequest,
    OnReply,
    OnStep,
    Reply,
    RewardModel,
    ScoreRequest,
)

if TYPE_CHECKING:
    from PIL.Image import Image


def misbehave(how: str, config: Config) -> None:
    """Do what a test asks for; `once:` in front means in one process only.

    `say:NAME` writes lines, `hold:NAME` and `stall:NAME` wait for the test, `fail_writes:N,ERROR`
    lets the n-th write below `runs` fail, and ` then ` stands between two.
    """
    if " then " in how:
        for part in how.split(" then "):
            misbehave(part, config)
        return
    if how.startswith("once:"):
        how = how.removeprefix("once:")
        marker = Path(config.folder) / f"{how}.done"
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            return
    how, _, name = how.partition(":")
    if name:
        _NAMED[how](config, name)
    else:
        _MISBEHAVIOURS[how](config)


def _raise(_config: Config) -> None:
    raise RuntimeError("told to raise")


def _run_out_of_memory(_config: Config) -> None:
    raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def _lose_device(_config: Config) -> None:
    raise RuntimeError("CUDA error: an illegal memory access was encountered\nand hints")


def _kill(_config: Config) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang(_config: Config) -> None:
    time.sleep(3600)


def _hang_in_c(_config: Config) -> None:
    # PyDLL keeps the interpreter's lock: no thread of this process runs, no signal is handled.
    ctypes.PyDLL(None).sleep(3600)


def _signal_guard(number: int) -> None:
    os.kill(os.getppid(), number)


def _kill_guard(_config: Config) -> None:
    """Kill the guard process and wait for what follows from it: the end of this process."""
    _signal_guard(signal.SIGKILL)
    time.sleep(3600)


def _stop(_config: Config) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _print(_config: Config) -> None:
    line = "x" * 99 + "\n"
    for _ in range(50_000):
        sys.stdout.write(line)
        sys.stderr.write(line)


def _print_from_c(_config: Config) -> None:
    libc = ctypes.CDLL(None)
    libc.puts(b"written by C")
    libc.fflush(None)
    subprocess.run(["/bin/echo", "written by a grandchild"], check=True)


def _orphan(config: Config) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True
    )
    (Path(config.folder) / "orphan.pid").write_text(str(process.pid), encoding="ascii")


def _garbage(_config: Config) -> None:
    response_descriptor = int(sys.argv[2])
    os.write(response_descriptor, b"garbage on the channel, longer than a length field")


def _chatter(_config: Config) -> None:
    """Write from Python, from C and from a grandchild, from now on and all the time."""
    subprocess.Popen(["/bin/sh", "-c", "while :; do echo a grandchild; sleep 0.002; done"])
    libc = ctypes.CDLL(None)

    def write() -> None:
        while True:
            print("Python")  # noqa: T201 - what a model's library does
            sys.stderr.write('{"kind": "edited"}\n')
            os.write(1, b"\0\0\0\2{}")
            libc.puts(b"C")
            libc.fflush(None)
            time.sleep(0.001)

    threading.Thread(target=write, daemon=True).start()


def _close_all(_config: Config) -> None:
    os.closerange(3, 1000)


def _log_fsync(config: Config) -> None:
    """Note the name of each file or folder that this worker flushes from now on."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        real(descriptor)
        with (Path(config.folder) / "fsync.txt").open("a", encoding="utf-8") as file:
            file.write(Path(f"/proc/self/fd/{descriptor}").readlink().name + "\n")

    vars(os)["fsync"] = fsync


def _say(_config: Config, name: str) -> None:
    """Write three lines, in pieces, as a program does that knows nothing of bars."""
    for number in (1, 2, 3):
        stream = sys.stdout if number == 2 else sys.stderr
        for piece in (f"{name}: ", "line ", f"{number} of 3", "\n"):
            stream.write(piece)
            stream.flush()


def stall(folder: str, name: str) -> None:
    """Make the file `NAME.reached` and wait, unless there is `NAME.passed`."""
    if not (Path(folder) / f"{name}.passed").exists():
        (Path(folder) / f"{name}.reached").touch()
        time.sleep(3600)


def _hold(config: Config, name: str) -> None:
    """Wait until the test makes the file `NAME.go`, and take it away."""
    go = Path(config.folder) / f"{name}.go"
    while not go.exists():
        time.sleep(0.01)
    go.unlink()


def _fail_writes(config: Config, name: str) -> None:
    """Let a write below `runs` fail (`3,EIO`: the third one), and note which one did."""
    from tests.support.failing_writes import FailingWrites

    number, _, kind = name.partition(",")
    folder = Path(config.folder)
    shim = FailingWrites(folder / "runs", at=int(number), kind=kind, note=folder / "failed.txt")
    shim.install()


def _kill_before_next(_config: Config) -> None:
    """Answer this request, and die when the next one has been read."""
    from editgauge.core.workers import protocol

    write_frame = protocol.write_frame

    def write_or_die(descriptor: int, frame: dict[str, Any]) -> None:
        if frame["kind"] == "began":
            os.kill(os.getpid(), signal.SIGKILL)
        write_frame(descriptor, frame)

    protocol.write_frame = write_or_die


_NAMED: dict[str, Callable[[Config, str], None]] = {
    "say": _say,
    "hold": _hold,
    "fail_writes": _fail_writes,
    "stall": lambda config, name: stall(config.folder, name),
}

_MISBEHAVIOURS: dict[str, Callable[[Config], Any]] = {
    "log_fsync": _log_fsync,
    "raise": _raise,
    "out_of_memory": _run_out_of_memory,
    "lose_device": _lose_device,
    "exit": lambda _config: os._exit(3),
    "kill": _kill,
    "kill_before_next": _kill_before_next,
    "hang": _hang,
    "hang_in_c": _hang_in_c,
    "kill_guard": _kill_guard,
    "stop_guard": lambda _config: _signal_guard(signal.SIGSTOP),
    "stop": _stop,
    "print": _print,
    "print_from_c": _print_from_c,
    "orphan": _orphan,
    "garbage": _garbage,
    "chatter": _chatter,
    "close_all": _close_all,
}


class SleepingEditModel(EditModel):
    """Sleeps for each step and returns a picture that depends on seed and instruction."""

    @classmethod
    def check(cls, config: Config) -> None:
        if "check" in vars(config.misbehave):
            misbehave(config.misbehave.check, config)

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        return Path(config.fingerprint_file).read_text() if config.fingerprint_file else ""

    def load(self, config: Config, device: str) -> None:
        self.config = config
        self.device = device
        if config.folder:
            name = f"load-{os.getpid()}"
            (Path(config.folder) / name).write_text(device, encoding="utf-8")
        if "load" in vars(config.misbehave):
            misbehave(config.misbehave.load, config)

    def edit(self, request: EditRequest, on_step: OnStep) -> "Image":
        from PIL import Image

        told = vars(self.config.misbehave).get(request.id)
        for step in range(1, self.config.steps + 1):
            time.sleep(self.config.step_seconds)
            on_step(step, self.config.steps)
            if told is not None and step == max(1, self.config.steps // 2):
                misbehave(told, self.config)
        red, green = request.seed % 256, sum(request.instruction.encode()) % 256
        return Image.new("RGB", (8, 8), (red, green, 7))

    def close(self) -> None:
        if "close" in vars(self.config.misbehave):
            misbehave(self.config.misbehave.close, self.config)

    def describe(self) -> dict[str, str | int | float | bool]:
        return {"device": self.device, "threads": os.environ.get("OMP_NUM_THREADS", "")}


class CountingRewardModel(RewardModel):
    """Replies by what it counts in the edited picture, or as it is told."""

    def load(self, config: Config, device: str) -> None:
        del device
        self.config = config
        if config.folder:
            (Path(config.folder) / f"load-judge-{os.getpid()}").touch()
        if "load" in vars(config.misbehave):
            misbehave(config.misbehave.load, config)

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        if self.config.folder:
            with (Path(self.config.folder) / "batches.txt").open("a", encoding="utf-8") as file:
                file.write(" ".join(request.id for request in requests) + "\n")
        replies = []
        for position, request in enumerate(requests):
            time.sleep(self.config.seconds)
            told = vars(self.config.misbehave).get(request.id)
            if told is not None:
                misbehave(told, self.config)
            pixel = request.images[-1].getpixel((0, 0))
            red = pixel[0] if isinstance(pixel, tuple) else 0
            text = vars(self.config.replies).get(request.id, self.config.reply)
            reply = Reply(text.replace("{score}", f"{red % 11}.0"))
            replies.append(reply)
            if self.config.live:
                on_reply(position, reply)
        if "end" in vars(self.config.misbehave):
            misbehave(self.config.misbehave.end, self.config)
        return replies
