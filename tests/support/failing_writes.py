"""A shim under everything that writes: the n-th operation below a folder fails.

Patches the functions of `os` and `io` through which Python code writes, so that the code under test
runs as it is. Operations are opening for writing, write, flush (fsync), close, rename, truncate,
and making or removing of files, folders and links.

Imported in workers, so standard library only. Needs /proc to know which file a descriptor is.
"""

import builtins
import contextlib
import errno
import fcntl
import inspect
import io
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SUPPORTED = Path("/proc/self/fd").exists()

_TAKES_SPACE = ("open", "write", "mkdir", "symlink", "link")
_GOES_ON = {"ENOSPC": _TAKES_SPACE, "EROFS": None, "EIO": (), "EACCES": ()}
"""What fails after the n-th operation, too: a full disk takes nothing more, a file system that was
mounted read-only (None) nothing at all; other errors come once."""
KINDS = tuple(_GOES_ON)
_WRITING = os.O_WRONLY | os.O_RDWR


class FailingWrites:
    """Lets the n-th operation below a folder fail, and counts all of them."""

    def __init__(self, root: Path, *, at: int, kind: str, note: Path | None = None) -> None:
        """Prepare it; `installed` puts it in place.

        Args:
            root: only what is below this folder fails.
            at: which operation fails, from 1; none with 0.
            kind: name of an error number in `KINDS`. A full disk takes half of what is written
                before it takes no more, and says so by a short count first.
            note: a file outside of the root that gets a line for each failure.
        """
        self.operations: list[str] = []
        """What was done so far below the root, or tried."""
        self.failed: list[str] = []
        """Those of it that failed."""
        self._root = os.path.realpath(root)
        self._at = at
        self._kind = kind
        self._note = note
        self._lock = threading.Lock()
        self._short = False

    @contextlib.contextmanager
    def installed(self) -> Iterator["FailingWrites"]:
        """Patch this process for a while."""
        former = [(module, name, getattr(module, name)) for module, name in _PATCHED]
        self.install()
        try:
            yield self
        finally:
            for module, name, function in former:
                setattr(module, name, function)

    def install(self) -> None:
        """Patch this process for good."""
        for name in ("mkdir", "rmdir", "unlink", "remove", "truncate"):
            setattr(os, name, self._on_path(name, getattr(os, name), 0))
        for name in ("rename", "replace", "symlink", "link"):
            setattr(os, name, self._on_path(name, getattr(os, name), 1))
        for name in ("fsync", "ftruncate"):
            setattr(os, name, self._on_descriptor(name, getattr(os, name)))
        patches: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            ("open", self._opening),
            ("write", self._writing),
            ("close", self._closing),
        )
        for name, patch in patches:
            setattr(os, name, patch(getattr(os, name)))
        io.open = builtins.open = self._opening_file(io.open)

    def check(self, operation: str, path: str) -> None:
        """Count an operation, and raise if it is one that fails."""
        if not self.is_below(path):
            return
        with self._lock:
            self.operations.append(f"{operation} {os.path.relpath(path, self._root)}")
            number = len(self.operations)
            fails = number == self._at or (self._short and number > self._at)
            if 0 < self._at < number:
                goes_on = _GOES_ON[self._kind]
                fails = fails or goes_on is None or operation in goes_on
            if not fails:
                return
            self._short = False
            self._fail()
        code = getattr(errno, self._kind)
        raise OSError(code, os.strerror(code), path)

    def _fail(self) -> None:
        self.failed.append(self.operations[-1])
        if self._note is not None:
            with self._note.open("a", encoding="utf-8") as file:
                file.write(self.failed[-1] + "\n")

    def takes_half(self, path: str, size: int) -> int:
        """Return how much of a write is taken by a disk that is full behind it; 0 if all is."""
        with self._lock:
            if (
                self._kind != "ENOSPC"
                or size < 2
                or not self.is_below(path)
                or len(self.operations) + 1 != self._at
            ):
                return 0
            self.operations.append(f"write half {os.path.relpath(path, self._root)}")
            self._fail()
            self._short = True
            return size // 2

    def is_below(self, path: str) -> bool:
        """Return whether a path is one of those that fail."""
        # Not the path itself, which may be a link that is replaced.
        above, _, name = os.path.abspath(path).rpartition("/")  # noqa: PTH100 - keeps text
        return f"{os.path.realpath(above)}/{name}/".startswith(f"{self._root}/")

    def _on_path(self, name: str, function: Callable[..., Any], which: int) -> Callable[..., Any]:
        def patched(*arguments: Any, **options: Any) -> Any:
            if options.get("dir_fd") is None and isinstance(arguments[which], str | os.PathLike):
                self.check(name, os.fspath(arguments[which]))
            return function(*arguments, **options)

        return patched

    def _on_descriptor(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def patched(descriptor: int, *arguments: Any) -> Any:
            self.check(name, path_of(descriptor))
            return function(descriptor, *arguments)

        return patched

    def _opening(self, function: Callable[..., int]) -> Callable[..., int]:
        def patched(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            if flags & (_WRITING | os.O_CREAT) and isinstance(path, str | os.PathLike):
                self.check("open", os.fspath(path))
            return function(path, flags, *arguments, **options)

        return patched

    def _writing(self, function: Callable[..., int]) -> Callable[..., int]:
        def patched(descriptor: int, data: Any) -> int:
            path = path_of(descriptor)
            if half := self.takes_half(path, len(data)):
                return function(descriptor, bytes(data)[:half])
            self.check("write", path)
            return function(descriptor, data)

        return patched

    def _closing(self, function: Callable[[int], None]) -> Callable[[int], None]:
        def patched(descriptor: int) -> None:
            path = path_of(descriptor) if _is_for_writing(descriptor) else ""
            function(descriptor)
            if path:
                # As on a network file system, which may tell only now. It is closed all the same.
                self.check("close", path)

        return patched

    def _opening_file(self, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)

        def patched(*arguments: Any, **options: Any) -> Any:
            bound = signature.bind(*arguments, **options)
            bound.apply_defaults()
            file, mode, buffering, encoding, errors, newline, _, opener = bound.arguments.values()
            writes = any(letter in mode for letter in "wax+")
            path = os.fspath(file) if isinstance(file, str | os.PathLike) else None
            if not writes or opener or not isinstance(path, str) or not self.is_below(path):
                return function(*arguments, **options)
            self.check("open", path)
            raw = _FailingFile(path, mode.replace("b", "").replace("t", ""), self)
            if buffering == 0:
                return raw
            buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            if "b" in mode:
                return buffered
            return io.TextIOWrapper(buffered, encoding, errors, newline, buffering == 1)

        return patched


class _FailingFile(io.FileIO):
    """A file whose writes fail as told: C code does not pass through `os.write`."""

    def __init__(self, path: str, mode: str, shim: FailingWrites) -> None:
        super().__init__(path, mode)
        self._path = path
        self._shim = shim

    def write(self, data: Any) -> int:
        if half := self._shim.takes_half(self._path, len(data)):
            return super().write(bytes(data)[:half])
        self._shim.check("write", self._path)
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        self._shim.check("truncate", self._path)
        return super().truncate(size)

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        self._shim.check("close", self._path)


_PATCHED: tuple[tuple[Any, str], ...] = (
    *((os, name) for name in ("mkdir", "rmdir", "unlink", "remove", "truncate", "rename")),
    *((os, name) for name in ("replace", "symlink", "link", "fsync", "ftruncate")),
    *((os, name) for name in ("open", "write", "close")),
    (io, "open"),
    (builtins, "open"),
)


def path_of(descriptor: int) -> str:
    """Return which file a descriptor is; an empty string for a pipe or one that is closed."""
    try:
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - "pipe:[1]" is no path
    except OSError:
        return ""
    return path.removesuffix(" (deleted)") if path.startswith("/") else ""


def _is_for_writing(descriptor: int) -> bool:
    try:
        return bool(fcntl.fcntl(descriptor, fcntl.F_GETFL) & _WRITING)
    except OSError:
        return False
