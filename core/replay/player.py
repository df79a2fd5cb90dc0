"""Plays a recording: every start of the run in it, each to reporters of its own, as they were live.

A resumed run goes on in its recording. Live, each start has new reporters, which know nothing of
the one before, and so it is here.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from errno import EEXIST
from itertools import chain
from pathlib import Path
from typing import TextIO

from editgauge.core.config import ChosenReporter
from editgauge.core.hooks.bus import Failure
from editgauge.core.hooks.events import Event, RunFinished, RunStarted
from editgauge.core.hooks.plugin_manager import PluginError, PluginManager
from editgauge.core.hooks.recording import RecordingError, read_recording
from editgauge.core.outcomes import ExitCode
from editgauge.core.replay.delivery import Delivery, Raised
from editgauge.core.replay.pace import EventClock, Pace
from editgauge.core.replay.source import Place, Source, place_of
from editgauge.core.run.reporters import AttachedReporters, attach_reporters
from editgauge.core.run.signals import Interrupts, RunInterruptedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Where reporters write that have no file.

    Attributes:
        stderr: where people read.
        stdout: for what a program asked for.
        interactive: whether `stderr` is a terminal that can move its cursor.
        color: whether colour is wanted there.
        size: returns columns and rows; None: asked of the terminal.
    """

    stderr: TextIO
    stdout: TextIO
    interactive: bool = False
    color: bool = False
    size: Callable[[], tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """What was replayed.

    Attributes:
        path: the recording.
        run_dir: the run directory that reporters were told; it may not exist.
        events: events that were replayed.
        starts: how often the run was started: 1, and one more for each time it was resumed.
        finished: whether the recording ends with the end of the run; not if the run goes on, or was
            killed.
        partial: reporters that have written what the recording holds, since it has no end.
        reporter_failures: reporters that raised, and heard nothing more.
        exit_code: what the command exits with: 0, or 110 if a reporter could not write, 1 if one
            raised anything else, 129, 130 or 143 after a signal. How the run itself ended has no
            part in it.
    """

    path: Path
    run_dir: Path
    events: int
    starts: int
    finished: bool
    partial: tuple[str, ...] = ()
    reporter_failures: tuple[Failure, ...]
    exit_code: int

    @property
    def is_interrupted(self) -> bool:
        """Whether a signal ended it."""
        return self.exit_code in (ExitCode.HANGUP, ExitCode.INTERRUPTED, ExitCode.TERMINATED)


class Player:
    """Plays one recording to its end."""

    def __init__(
        self,
        source: Source,
        chosen: Sequence[ChosenReporter],
        plugins: PluginManager,
        screen: Screen,
        *,
        objects: Sequence[object] = (),
        speed: float | None = None,
    ) -> None:
        """Prepare to play.

        Args:
            source: the recording.
            chosen: reporters to make, anew for each start.
            plugins: where reporters are registered; other plugins that observe hear nothing.
            screen: where reporters write that have no file.
            objects: reporters that are there already and hear all starts, each registered.
            speed: seconds of the run in a second, or None for no waiting at all.
        """
        self._source = source
        self._chosen = chosen
        self._plugins = plugins
        self._screen = screen
        self._objects = objects
        self._clock = EventClock()
        self._interrupts = Interrupts(lambda: None)
        self._raised: list[Raised] = []
        self._delivery = Delivery(plugins, (), raised=self._raised)
        self._pace = Pace(self._clock, speed=speed, tick=self._tick, check=self._interrupts.check)
        self._attached: AttachedReporters | None = None
        self._events = 0
        self._starts = 0
        self._finished = False
        self.partial: tuple[str, ...] = ()
        """Reporters that have written what the recording holds, since it has no end."""

    def play(self, *, handle_signals: bool = False) -> ReplayResult:
        """Play everything.

        Nothing is made before the beginning of the recording was read, so that a file that is none
        changes nothing.

        Args:
            handle_signals: whether SIGINT, SIGTERM and SIGHUP end the replay in good order.

        Raises:
            OSError: the recording cannot be read.
            RecordingError: it is none, or damaged; what stands before the damage was replayed.
            PluginError: a reporter cannot be made.
            BrokenPipeError: whoever read the output of the only reporter has left.
        """
        stream = read_recording(self._source.path)
        first = next(stream, None)
        place = place_of(self._source, first)
        self._check_places(place)
        exit_code = 0
        with self._interrupts.installed(wanted=handle_signals):
            try:
                self._play_events(chain([] if first is None else [first], stream), place)
                self._end_unfinished()
            except RecordingError:
                self._end_unfinished()
                raise
            except RunInterruptedError as interrupt:
                exit_code = interrupt.exit_code
            finally:
                self._end_start(self._objects)
        errors = [raised.error for raised in self._raised]
        if errors and all(isinstance(error, BrokenPipeError) for error in errors):
            raise errors[0]
        return ReplayResult(
            path=self._source.path,
            run_dir=place.run_dir,
            events=self._events,
            starts=self._starts,
            finished=self._finished,
            partial=self.partial,
            reporter_failures=tuple(raised.failure for raised in self._raised),
            exit_code=exit_code or _code_of(errors),
        )

    def _check_places(self, place: Place) -> None:
        """Refuse reporters whose files cannot go where their options say.

        Raises:
            PluginError: one would write into a run directory that is not there, or into the
                recording.
        """
        for reporter in self._chosen:
            name = reporter.registration.name
            for value in vars(reporter.config).values():
                if not isinstance(value, str):
                    continue
                if "{run_dir}" in value and not place.exists:
                    raise PluginError(
                        f"-r {name}: it would write to {value}, but the recording lies in no run "
                        f"directory; name a file, as in '-r {name}:FILE'"
                    )
                path = value.replace("{run_dir}", str(place.run_dir))
                path = path.replace("{run_id}", place.run_dir.name)
                if self._is_recording(Path(path)):
                    raise PluginError(
                        f"-r {name}: it would write into {path}, the recording that is read; name "
                        f"another file, as in '-r {name}:FILE'"
                    )

    def _is_recording(self, path: Path) -> bool:
        try:
            return path.expanduser().samefile(self._source.path)
        except (OSError, ValueError, RuntimeError):
            return False

    def _play_events(self, events: Iterable[Event], place: Place) -> None:
        for event in events:
            self._interrupts.check()
            is_start = isinstance(event, RunStarted)
            if self._attached is None or (is_start and self._starts > 0):
                self._end_start(())
                self._begin_start(place)
            self._starts += is_start
            self._pace.reach(event.elapsed)
            self._delivery.hear(event)
            if self._delivery.is_deserted:
                return
            self._events += 1
            self._finished = isinstance(event, RunFinished) or (self._finished and not is_start)

    def _begin_start(self, place: Place) -> None:
        self._pace.begin()
        self._attached = self._attach(place)
        self._delivery = Delivery(
            self._plugins, (*self._attached.reporters, *self._objects), raised=self._raised
        )

    def _attach(self, place: Place) -> AttachedReporters:
        try:
            return attach_reporters(
                self._chosen,
                self._plugins,
                run_dir=place.run_dir,
                streams=(self._screen.stderr, self._screen.stdout),
                interactive=self._screen.interactive,
                color=self._screen.color,
                clock=self._clock,
                size=self._screen.size,
                new_files=self._starts == 0,
            )
        except PluginError as error:
            cause = error.__cause__
            # A folder that cannot be made, because a file has its name, is another matter.
            if not isinstance(cause, FileExistsError) or cause.strerror == os.strerror(EEXIST):
                raise
            raise PluginError(
                f"{cause.filename} holds something already, and a replay adds nothing to "
                "what a run has written; name another file, as in '-r NAME:FILE', or move that "
                "one away"
            ) from error

    def _tick(self) -> None:
        self._delivery.tick()

    def _end_unfinished(self) -> None:
        """Let reporters write what they have, if the end of the run is not in the recording."""
        if not self._finished:
            self.partial = tuple(self._delivery.end_unfinished())

    def _end_start(self, objects: Iterable[object]) -> None:
        """Close the reporters of a start, and `objects`, which nothing more will come for."""
        if self._attached is None:
            return
        self._delivery.close((*self._attached.reporters, *objects))
        self._attached.detach()
        self._attached = None


def _code_of(errors: list[BaseException]) -> int:
    if any(isinstance(error, OSError) for error in errors):
        return ExitCode.WRITE_ERROR
    return ExitCode.INTERNAL_ERROR if errors else ExitCode.OK
