"""A log file that loses no line, whoever renames, truncates or removes it meanwhile.

The standard library's `RotatingFileHandler` lets two runs that share a file throw away each
other's backups, and its `WatchedFileHandler` does not rotate; both swallow errors. Here, a line is
one `write` at the end of the file, so that several processes can share it; the file is looked for
under its name before each write; and whoever rotates holds a lock on the file, and looks again.
"""

import contextlib
import errno
import fcntl
import gzip
import os
import re
import shutil
import stat
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from editgauge.config_schemas.reporters import LogFileConfig
from editgauge.core.hooks.reporting import ReporterContext
from editgauge.reporters.outputs import check_new, is_torn, resolve_path

_SUCCESSOR_SECONDS = 0.05
"""How long a new file of somebody else's is waited for: logrotate makes one behind its rename."""
_POLL_SECONDS = 0.002
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZIPPED = ".gz"
_HALF_ZIPPED = ".gz.part"


class LogFile:
    """Appends whole lines to a file that is named by a pattern; UTF-8."""

    encoding = "utf-8"

    def __init__(self, config: LogFileConfig, pattern: str, context: ReporterContext) -> None:
        """Open the file; if its name depends on the date, only see that it could be made.

        Args:
            config: says when the file is rotated.
            pattern: the path, with names in braces (`config_schemas.path_patterns`).
            context: what the names mean.

        Raises:
            OSError: the file cannot be created or written.
        """
        self._pattern = pattern
        self._context = context
        self._limit = config.max_bytes
        self._backups = config.backups
        self._compress = config.compress
        self._file: _OpenFile | None = None
        self._seen: set[Path] = set()
        self._dated = "{date}" in pattern
        self._day = ""
        self._path = resolve_path(pattern, context, date="unknown-date")
        if self._dated:
            _check_folder(self._folder(), "file")
        else:
            self._open()
            if self._limit is not None and self._path.is_file():
                _check_folder(self._path.parent, "backup")

    def turn_to(self, moment: str) -> None:
        """Go on in the file of a day.

        Args:
            moment: time of what is written next, ISO 8601 in UTC.
        """
        # A recording may come from somebody else: what is no date has no place in a path.
        if self._dated and moment[:10] != self._day and _DAY.match(moment):
            self._day = moment[:10]
            self._path = resolve_path(self._pattern, self._context, date=self._day)

    def write(self, lines: str) -> int:
        """Append lines, each with its newline, and return how many characters they have.

        Raises:
            OSError: the file cannot be written, or not renamed or made anew.
        """
        data = lines.encode(self.encoding, "backslashreplace")
        file = self._file_with_room(len(data))
        try:
            file.append(data)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(file.path)) from error
        return len(lines)

    def flush(self) -> None:
        """Do nothing: no line is kept back."""

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _folder(self) -> Path:
        """Return the last folder of the pattern whose name does not depend on the date."""
        fixed = next(
            folder for folder in Path(self._pattern).parents if "{date}" not in str(folder)
        )
        return resolve_path(str(fixed), self._context)

    def _open(self) -> "_OpenFile":
        self.close()
        first_time = self._path not in self._seen
        if first_time and self._context.new_files:
            check_new(self._path)
        self._file = _OpenFile(self._path)
        self._seen.add(self._path)
        if first_time and is_torn(self._path):
            self._file.append(b"\n")
        return self._file

    def _file_with_room(self, size: int) -> "_OpenFile":
        """Return the file under its present name, rotated if it could not take so many bytes."""
        while True:
            file = self._file
            if file is None or file.path != self._path:
                file = self._open()
            elif not file.is_in_place():
                _wait_for_successor(file.path)
                file = self._open()
            if self._limit is None or not file.is_beyond(self._limit - size):
                return file
            with file.locked():
                # Another run may have done it while this one waited for the lock.
                if file.is_in_place():
                    rotate(file.path, backups=self._backups, compress=self._compress)


class _OpenFile:
    """A file open at its end."""

    def __init__(self, path: Path) -> None:
        """Open or make it, its folders included.

        Raises:
            OSError: it cannot be created or written.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not blocking, or the run would wait for a reader of a named pipe before it has begun.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._descriptor = os.open(path, flags, 0o666)
        # Also closed if nobody does it, as when the next reporter cannot be made.
        self._closing = weakref.finalize(self, os.close, self._descriptor)
        self._closing.atexit = False
        os.set_blocking(self._descriptor, True)
        found = os.fstat(self._descriptor)
        self._identity = (found.st_dev, found.st_ino)
        self._is_regular = stat.S_ISREG(found.st_mode)

    def append(self, data: bytes) -> None:
        """Write at the end; in one piece, as long as the disk has room."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def is_in_place(self) -> bool:
        """Return whether the path still leads to this file."""
        if not self._is_regular:
            return True
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def is_beyond(self, size: int) -> bool:
        """Return whether it is a file on a disk, not empty, and longer than so many bytes."""
        length = os.fstat(self._descriptor).st_size if self._is_regular else 0
        return length > max(0, size)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold a lock on the file that only those take who rotate it."""
        # Some network file systems have no locks; a file of one run alone needs none.
        with contextlib.suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close it."""
        self._closing()


def rotate(path: Path, *, backups: int, compress: bool) -> None:
    """Rename a file to `NAME.1`, and its backups to the next number; the last one goes.

    Args:
        path: the file.
        backups: how many are kept.
        compress: whether backups are gzipped, all but the newest: another process that shares the
            file may just be writing its last line there.

    Raises:
        OSError: a file cannot be renamed or removed.
    """
    _backup(path, backups).unlink(missing_ok=True)
    _backup(path, backups, _ZIPPED).unlink(missing_ok=True)
    for number in range(backups - 1, 0, -1):
        for ending in ("", _ZIPPED):
            with contextlib.suppress(FileNotFoundError):
                _backup(path, number, ending).rename(_backup(path, number + 1, ending))
    if compress:
        _zip(_backup(path, 2))
    # Last: until then, others that share the file wait for the lock on it.
    path.rename(_backup(path, 1))


def _backup(path: Path, number: int, ending: str = "") -> Path:
    return path.with_name(f"{path.name}.{number}{ending}")


def _zip(path: Path) -> None:
    """Compress a file; without room on the disk for both, it stays as it is."""
    half = path.with_name(path.name + _HALF_ZIPPED)
    try:
        with path.open("rb") as source, gzip.open(half, "wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        half.rename(path.with_name(path.name + _ZIPPED))
        path.unlink()
    except FileNotFoundError:
        pass  # There are not that many yet.
    except OSError:
        half.unlink(missing_ok=True)


def _wait_for_successor(path: Path) -> None:
    """Give whoever renamed a file the time to make the next one.

    logrotate with `create` finds it strange if one is there already, and moves it away.
    """
    deadline = time.monotonic() + _SUCCESSOR_SECONDS
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _check_folder(folder: Path, what: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"no {what} can be made in this folder", str(folder))
