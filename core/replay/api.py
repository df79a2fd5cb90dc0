"""`editgauge.replay(...)`: a replay from Python."""

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from editgauge.core.hooks.given_plugins import Plugin, load_with
from editgauge.core.replay.choosing import check_speed, choose
from editgauge.core.replay.player import Player, ReplayResult, Screen
from editgauge.core.replay.source import find_recording
from editgauge.core.run.python_reporters import GivenReporter, named_reporters, register_objects
from editgauge.core.surroundings import surroundings_of
from editgauge.core.terminal import wants_color


def replay(
    path: Path | str,
    *,
    reporters: Sequence[GivenReporter] | None = None,
    speed: float | None = None,
    size: tuple[int, int] | None = None,
    runs_dir: Path | str = "runs",
    plugins: Sequence[Plugin] = (),
) -> ReplayResult:
    """Play a recorded run to reporters again, as `editgauge replay` does.

    Nothing is left out: a slow reporter is waited for.

    Args:
        path: a recording (`events.jsonl`), a run directory, the name of one, or `latest`.
        reporters: names, `(name, options)` pairs or objects with observing hooks, as for `run`;
            default: what a run would show in this terminal. Made anew for each start of a resumed
            run; objects hear all of them.
        speed: seconds of the run in a second; None: as fast as the reporters take it.
        size: columns and rows for what is drawn on a terminal; None: as the terminal says.
        runs_dir: where a name and `latest` are looked for.
        plugins: more plugins than those that are installed, as for `run`; reporters may come from
            them.

    Returns:
        What was replayed; how the run itself ended is in its events.

    Raises:
        RecordingError: the file is no recording of a format that is read, or it is damaged.
        RunDirectoryError: there is no such file or run, or the run kept no recording.
        PluginError: a plugin that is given cannot be used, a reporter cannot be made, or one of its
            hooks is wrong.
        ConfigError: a reporter's options are wrong, or the speed is no number above 0.
        OSError: the recording cannot be read.
        TypeError: a reporter is neither a name, a pair nor an object with hooks.
    """
    if isinstance(reporters, str):
        raise TypeError(f"'reporters' should be a list, as in [{reporters!r}], not one text")
    check_speed(speed)
    manager = load_with(plugins)
    surroundings = surroundings_of(sys.stderr)
    choices = None if reporters is None else named_reporters(reporters)
    return Player(
        find_recording(str(path), Path(runs_dir)),
        choose(choices, manager, surroundings=surroundings),
        manager,
        Screen(
            stderr=sys.stderr,
            stdout=sys.stdout,
            interactive=surroundings.interactive,
            color=wants_color(sys.stderr),
            size=None if size is None else lambda: size,
        ),
        objects=register_objects(reporters or (), manager),
        speed=speed,
    ).play(handle_signals=threading.current_thread() is threading.main_thread())
