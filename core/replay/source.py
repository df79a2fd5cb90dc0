"""Finds a recording, and the run directory that it belongs to.

A recording may come from somebody else. The folder that it names is never written to, and read only
if it is beyond doubt the run's own.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from editgauge.core.hooks.events import Event, RunStarted
from editgauge.core.hooks.recording import RECORDING
from editgauge.core.run.store import RunDirectoryError, find_run, read_manifest

_PLAIN_NAME = re.compile(r"[\w+-][\w.+ -]{0,199}")
"""A name that goes nowhere, whatever path it is put into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A recording on disk.

    Attributes:
        path: the file.
        run_dir: the run directory that it lies in, or None.
    """

    path: Path
    run_dir: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What reporters take for the run directory.

    Attributes:
        run_dir: the run directory, for a text at least.
        exists: whether it is there, so that files can go into it.
    """

    run_dir: Path
    exists: bool


def find_recording(name: str, runs_dir: Path) -> Source:
    """Return the recording that a user means.

    Args:
        name: a recording, a run directory, the name of one in `runs_dir`, or `latest`.
        runs_dir: where run directories are made.

    Raises:
        RunDirectoryError: there is no such file or run, or the run kept no recording.
    """
    path = Path(name)
    if path.exists() and not path.is_dir():
        path = path.absolute()
        return Source(path=path, run_dir=path.parent if _is_run(path.parent) else None)
    if (path / RECORDING).is_file() and not _is_run(path):
        return Source(path=path.absolute() / RECORDING, run_dir=None)
    try:
        folder = find_run(name, runs_dir)
    except RunDirectoryError as error:
        raise RunDirectoryError(f"no recording to read: {error}") from error
    recording = folder / RECORDING
    if not recording.is_file():
        raise RunDirectoryError(
            f"{folder} has no recording ({RECORDING}), so there is nothing to replay; a run keeps "
            "one with `--add-reporter events`, or `reporters: {events: {}}` in its config. If it "
            "was kept in another place, name that file"
        )
    return Source(path=recording, run_dir=folder)


def place_of(source: Source, first: Event | None) -> Place:
    """Return what reporters should take for the run directory.

    That is the folder in which the recording lies, if it is a run's. Of a recording that was kept
    elsewhere it is the folder that it names, as long as this is really this run's, or does not
    exist, so that it is but a name. Else it is a name beside the recording.

    Args:
        source: the recording.
        first: its first event, which it should begin with, or None if it has none.
    """
    recorded = Path(first.run_dir) if isinstance(first, RunStarted) and first.run_dir else None
    if source.run_dir is not None:
        # The same folder by the name that the run knew it by, so that the same lines come out.
        same = recorded is not None and _is_same(recorded, source.run_dir)
        return Place(run_dir=recorded if same and recorded else source.run_dir, exists=True)
    if recorded is not None and recorded.is_absolute():
        if _is_own(recorded, first.run_id if first is not None else ""):
            return Place(run_dir=recorded, exists=True)
        if _PLAIN_NAME.fullmatch(recorded.name) and not _exists(recorded):
            return Place(run_dir=recorded, exists=False)
    run_id = first.run_id if first is not None else ""
    name = run_id if _PLAIN_NAME.fullmatch(run_id) else "run"
    return Place(run_dir=source.path.parent / name, exists=False)


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file()


def _is_own(folder: Path, run_id: str) -> bool:
    """Return whether a folder is the run's: its name, which nobody guesses, is in its manifest."""
    try:
        return (
            folder.name == run_id
            and _is_run(folder)
            and read_manifest(folder).get("run_id") == run_id
        )
    except (RunDirectoryError, json.JSONDecodeError, OSError, ValueError):
        return False


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.is_absolute() and one.samefile(other)
    except (OSError, ValueError):
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return True
