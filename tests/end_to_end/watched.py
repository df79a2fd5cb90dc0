"""A command in a real pseudo-terminal, watched through a terminal emulator as it runs."""

import codecs
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.end_to_end.commands import environment
from tests.reporters.screens_of import Terminal

_DEADLINE = 90.0


class Watched:
    """A running command and what a person in front of it would see.

    Attributes:
        terminal: the emulator; up to date after each `wait_for`.
        written: all that the command wrote to the terminal, as it came.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, terminal: Terminal) -> None:
        self.process = process
        self.terminal = terminal
        self.written = b""
        self._master = master
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Feed the emulator until the screen is as wanted.

        Raises:
            AssertionError: the command ended or the deadline passed before; shows the screen.
        """
        deadline = time.monotonic() + _DEADLINE
        while not condition():
            open_, late = self._feed(0.05), time.monotonic() > deadline
            if late or (not open_ and not condition()):
                screen = "\n".join(self.terminal.everything())
                raise AssertionError(f"the screen never showed {what}:\n{screen}")

    def wait_for_end(self) -> int:
        """Feed the emulator until the command has ended; return its exit code."""
        deadline = time.monotonic() + _DEADLINE
        while self._feed(0.05):
            assert time.monotonic() < deadline, "\n".join(self.terminal.everything())
        return self.process.wait(_DEADLINE)

    def _feed(self, seconds: float) -> bool:
        """Pass on what the command wrote; return whether more may come."""
        poll = select.poll()  # and not select(), which knows no descriptor above 1023
        poll.register(self._master, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # On Linux, the end of a pseudo-terminal: nobody has it open any more.
            return False
        self.written += data
        self.terminal.write(self._decoder.decode(data))
        return bool(data)


@contextlib.contextmanager
def watch(command: Sequence[str], *, folder: Path, columns: int, rows: int) -> Iterator[Watched]:
    """Run a command with all three streams in a terminal of so many columns and rows."""
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(NO_COLOR="1", LC_ALL="C.UTF-8"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
    finally:
        os.close(slave)
    try:
        yield Watched(process, master, Terminal(columns, rows))
    finally:
        process.kill()
        process.wait()
        os.close(master)
