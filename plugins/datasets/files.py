"""Finding and opening what a dataset's `path` names."""

from pathlib import Path
from typing import BinaryIO

from editgauge.core.datasets import DatasetError

UTF8_MARK = b"\xef\xbb\xbf"
"""The byte order mark that some editors put before UTF-8."""


def find_file(path: str) -> Path:
    """Return the absolute path of a file that is there and can be opened.

    Raises:
        DatasetError: it is not.
    """
    found = _find(path, "file")
    if not found.is_file():
        raise DatasetError(f"dataset path {found} should be a file, but is something else")
    open_file(found).close()
    return found


def find_folder(path: str) -> Path:
    """Return the absolute path of a folder that is there.

    Raises:
        DatasetError: it is not.
    """
    found = _find(path, "folder")
    if not found.is_dir():
        raise DatasetError(f"dataset path {found} should be a folder, but is something else")
    return found


def open_file(path: Path) -> BinaryIO:
    """Open a dataset's file for reading.

    Raises:
        DatasetError: it cannot be opened.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise DatasetError(f"dataset file {path} cannot be read: {error.strerror}") from error


def _find(path: str, kind: str) -> Path:
    try:
        found = Path(path).expanduser().absolute()
        found.stat()
    except FileNotFoundError as error:
        raise DatasetError(
            f"there is no dataset {kind} {found}; "
            "relative paths are taken from the current directory"
        ) from error
    except OSError as error:
        raise DatasetError(f"dataset {kind} {found} cannot be read: {error.strerror}") from error
    except (ValueError, RuntimeError) as error:
        raise DatasetError(f"dataset path {path!r} is not a possible path: {error}") from error
    return found
