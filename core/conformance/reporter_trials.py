"""A reporter at work, in a process of its own: what it writes, where, and what it raises."""

import contextlib
import io
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from editgauge.core.conformance.checks import in_words
from editgauge.core.hooks.events import Event
from editgauge.core.hooks.observers import observers
from editgauge.core.hooks.plugin_manager import PluginManager
from editgauge.core.hooks.reporting import (
    Closing,
    EndingUnfinished,
    Producing,
    ReporterContext,
    Ticking,
)

SHIFT_SECONDS = 100_000.0
"""How far the wall clock is put forward where nothing may depend on it."""
_COLUMNS_AND_ROWS = (100, 30)
_CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BY_FIRST_PATH = ("os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.chmod", "os.utime")
_BY_SECOND_PATH = ("os.rename", "os.symlink", "os.link")


@dataclass(slots=True)
class Played:
    """What a reporter did while events were played to it.

    Attributes:
        failure: what it raised and where, or an empty string.
        stderr: what it wrote to the stream for people.
        stdout: what it wrote to the stream for programs.
        printed: what it wrote past its context to this process's own stdout.
        outside: files that it wrote to and should not.
        files: what lay in the run directory afterwards, by path.
        seconds: how long it took.
        stopped: whether the time was over before all events were played.
    """

    failure: str = ""
    stderr: str = ""
    stdout: str = ""
    printed: str = ""
    outside: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: bool = False


class Watch:
    """Notes which files are written; an audit hook stays for the life of the process."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._on = False
        sys.addaudithook(self._hear)

    @contextlib.contextmanager
    def watching(self) -> Iterator[list[str]]:
        """Note what is written for a while."""
        self.paths = []
        self._on = True
        try:
            yield self.paths
        finally:
            self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._on:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = flags & _WRITING if isinstance(flags, int) else "r" not in str(mode)
            if writes and isinstance(path, str | bytes | os.PathLike):
                self._note(path)
        elif event in _BY_FIRST_PATH:
            self._note(arguments[0])
        elif event in _BY_SECOND_PATH:
            self._note(arguments[1])

    def _note(self, path: Any) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            self.paths.append(os.path.abspath(os.fsdecode(path)))  # noqa: PTH100 - links are kept


class ReporterTrial:
    """Makes the reporter again and again, and plays events to it."""

    def __init__(
        self, target: Any, config: Any, *, folder: Path, seconds: float, printed: Path
    ) -> None:
        """Prepare it.

        Args:
            target: what makes the reporter of configuration and context.
            config: its validated configuration.
            folder: an empty folder for run directories.
            seconds: how long one play may take.
            printed: the file that this process's stdout goes to.
        """
        self.config = config
        self.seconds = seconds
        self.run_dir = folder / "runs" / "20261123T031035Z-made-up-7f3a2b"
        self.only_in_terminals = False
        self._target = target
        self._printed = printed
        self._watch = Watch()
        self._now = 0.0

    def make(self, *, interactive: bool = False) -> tuple[Any, io.StringIO, io.StringIO]:
        """Return a new reporter with an empty run directory, and its two streams.

        Raises:
            Exception: whatever making it raises.
        """
        self._clear()
        try:
            return self._made(interactive=interactive)
        except Exception:
            if interactive:
                raise
            # One that draws on a terminal only.
            made = self._made(interactive=True)
            self.only_in_terminals = True
            return made

    def _made(self, *, interactive: bool) -> tuple[Any, io.StringIO, io.StringIO]:
        interactive = interactive or self.only_in_terminals
        self._now = 0.0
        stderr, stdout = io.StringIO(), io.StringIO()
        context = ReporterContext(
            run_id=self.run_dir.name,
            run_dir=self.run_dir,
            stderr=stderr,
            stdout=stdout,
            interactive=interactive,
            color=False,
            size=lambda: _COLUMNS_AND_ROWS,
            clock=lambda: self._now,
        )
        return self._target(self.config, context), stderr, stdout

    def _clear(self) -> None:
        """Empty the run directory."""
        shutil.rmtree(self.run_dir, ignore_errors=True)
        (self.run_dir / "images").mkdir(parents=True)

    def play(
        self,
        events: Sequence[Event],
        *,
        interactive: bool = False,
        ticks: bool = True,
        ends_unfinished: bool = False,
        later: float = 0.0,
    ) -> Played:
        """Make a reporter, play events to it as the bus does, and close it.

        Args:
            events: what is played.
            interactive: whether it draws on a terminal.
            ticks: whether `tick` is called after each event.
            ends_unfinished: whether `end_unfinished` is called, as at the end of a cut recording.
            later: seconds that clocks other than the context's are put forward.
        """
        played = Played()
        self._clear()
        begin = self._printed.stat().st_size
        started = time.monotonic()
        with self._watch.watching() as paths, _shifted(later):
            try:
                reporter, stderr, stdout = self._made(interactive=interactive)
            except Exception as error:  # noqa: BLE001 - it may raise anything
                played.failure = f"making it raised {in_words(error)}"
                return played
            unfinished = ends_unfinished and isinstance(reporter, EndingUnfinished)
            self._play(played, reporter, events, ticks=ticks, unfinished=unfinished)
            played.stderr, played.stdout = stderr.getvalue(), stdout.getvalue()
        played.seconds = time.monotonic() - started
        with contextlib.suppress(ValueError):
            sys.stdout.flush()
        with self._printed.open("rb") as file:
            file.seek(begin)
            played.printed = file.read(10_000).decode("utf-8", "replace")
        played.outside = [path for path in dict.fromkeys(paths) if not self._may_write(path)]
        played.files = {
            str(path.relative_to(self.run_dir)): path.read_bytes()
            for path in sorted(self.run_dir.rglob("*"))
            if path.is_file()
        }
        return played

    def _play(
        self,
        played: Played,
        reporter: Any,
        events: Sequence[Event],
        *,
        ticks: bool,
        unfinished: bool,
    ) -> None:
        manager = PluginManager()
        manager.add_reporter(reporter, "checked")
        (observer,) = observers(manager)
        started, where = time.monotonic(), ""
        try:
            for event in events:
                self._now = event.elapsed
                where = f"{event.scope}_event at {type(event).__name__} (event {event.seq})"
                for implementation in observer.implementations.get(event.scope, []):
                    implementation(event)
                where = "tick"
                if ticks and isinstance(reporter, Ticking):
                    reporter.tick()
                if time.monotonic() - started > self.seconds:
                    played.stopped = True
                    break
            where = "end_unfinished"
            if unfinished:
                reporter.end_unfinished()
        except BaseException as error:  # noqa: BLE001 - a reporter may raise anything
            played.failure = f"{where} raised {in_words(error)}"
        try:
            if isinstance(reporter, Closing):
                reporter.close()
            where = "product"
            if isinstance(reporter, Producing):
                _ = reporter.product
        except BaseException as error:  # noqa: BLE001 - a reporter may raise anything
            where = where if where == "product" else "close"
            played.failure = played.failure or f"{where} raised {in_words(error)}"

    def _may_write(self, path: str) -> bool:
        if any(part in path for part in ("/__pycache__/", "/.cache/", "/dev/", "/proc/")):
            return True
        return any(
            path == root
            or path.startswith(f"{root}/")
            # What is written beside it and then renamed, and what a log is renamed to.
            or (os.path.dirname(path) == os.path.dirname(root) and _stem(root) in path)  # noqa: PTH120
            # The folders above what was configured.
            or root.startswith(f"{path}/")
            for root in (str(self.run_dir), *self._configured())
        )

    def _configured(self) -> Iterator[str]:
        for value in self.config.model_dump(mode="json").values():
            if isinstance(value, str) and value:
                text = value.replace("{run_dir}", str(self.run_dir))
                text = text.replace("{run_id}", self.run_dir.name).partition("{")[0]
                if text:
                    yield os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def _stem(path: str) -> str:
    return os.path.basename(path).split(".")[0] or "/"  # noqa: PTH119


@contextlib.contextmanager
def _shifted(seconds: float) -> Iterator[None]:
    """Put the clocks of `time` forward, for whoever asks them by name."""
    if not seconds:
        yield
        return
    former = {name: getattr(time, name) for name in _CLOCKS}
    try:
        for name, clock in former.items():
            setattr(time, name, lambda clock=clock: clock() + seconds)
        yield
    finally:
        for name, clock in former.items():
            setattr(time, name, clock)
