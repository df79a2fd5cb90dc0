"""What stands around a run directory, to be compared before and after a run."""

import os
from pathlib import Path


def listing(folder: Path, *, without: Path | None = None) -> dict[str, tuple[int, int, int]]:
    """Return kind, size and time of change of everything below a folder.

    Args:
        folder: where to begin; its parent's own entries are listed, too.
        without: what is left out, with all that is in it.
    """
    found = {}
    for path in [*folder.parent.iterdir(), *_below(folder, without)]:
        if path != folder:
            status = path.lstat()
            size = 0 if path.is_dir() else status.st_size
            changed = 0 if path.is_dir() else status.st_mtime_ns
            found[str(path)] = (status.st_mode, size, changed)
    return found


def _below(folder: Path, without: Path | None) -> list[Path]:
    with os.scandir(folder) as entries:
        paths = [Path(entry.path) for entry in entries if Path(entry.path) != without]
    below = [path for path in paths if path.is_dir() and not path.is_symlink()]
    return [*paths, *(deeper for path in below for deeper in _below(path, without))]
