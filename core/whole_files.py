"""Files that are there whole or not at all and, where that is asked, on the disk.

Without `sync`, what is written survives the death of any process: the operating system has it.
With `sync` it survives a power cut, too: the file is flushed to the disk, then renamed, then its
folder is flushed, for a name is lost like anything else.

A flush (fsync) that failed is never tried again as if nothing had happened: after it, the system
may have dropped what it could not write and marked it as clean, so that a second flush succeeds
and means nothing. It raises `OSError`, like any other write that failed.

Standard library only: workers import this module.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def replacing(path: Path, *, sync: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write into, and put it in the place of `path` once it is whole.

    Readers see the former file or the new one. Whatever fails, the former one stays and nothing
    else is left behind; only a process that is killed leaves its `.NAME.PID.tmp`.

    Args:
        path: the file to replace; its folder exists.
        sync: whether it is on the disk when this ends.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with _open_new(temporary) as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_entry(path)


def _open_new(path: Path) -> IO[bytes]:
    """Open a file that was not there; what is, of a killed process or planted, is not followed."""
    try:
        return path.open("xb")
    except FileExistsError:
        path.unlink()
        return path.open("xb")


def make_folder(path: Path, *, sync: bool = False) -> None:
    """Make a folder, and the folders above it that are missing.

    Raises:
        OSError: it cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    if sync:
        for folder in missing or [path]:
            sync_entry(folder)


def sync_entry(path: Path) -> None:
    """Flush to the disk that a file or folder has this name: the folder that it lies in.

    Raises:
        OSError: the disk did not take it.
    """
    _sync(path.parent, os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Flush every file below a folder to the disk, with its name, and the folder's own name.

    For files that somebody else wrote, such as a dataset's plugin.

    Raises:
        OSError: the disk did not take one of them.
    """

    def give_up(error: OSError) -> None:
        raise error

    for root, _, names in os.walk(folder, onerror=give_up):
        for path in (Path(root, name) for name in names):
            if path.is_file() and not path.is_symlink():
                _sync(path, 0)
        _sync(Path(root), os.O_DIRECTORY)
    sync_entry(folder)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
