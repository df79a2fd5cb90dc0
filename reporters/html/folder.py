"""The folder of a report: written so that it can be opened at any time, and is always whole.

Each file is put into place whole. `index.html` comes last and names the others by their content,
so a page that is there goes on to work while the next one is made.
"""

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from editgauge.core.whole_files import make_folder, replacing

MARK = b'<meta name="generator" content="editgauge html report">'
"""Stands in every page that this version or another one wrote, within the first bytes."""
_MARK_WITHIN = 1000
_PICTURE = re.compile(r"[0-9a-f]{32}-\d{2,5}\.webp|\..*\.tmp")
_ASSET = re.compile(r"[a-z_]+-[0-9a-f]{12}\.(?:css|js)|\..*\.tmp")


class ReportFolderError(OSError):
    """The folder that a report should go to holds something else."""


class ReportFolder:
    """The folder that one reporter writes to."""

    def __init__(self, path: Path) -> None:
        """Make the folder, or take over that of an earlier report.

        Raises:
            ReportFolderError: it holds something that is no report, or a link.
            OSError: it cannot be made.
        """
        self.path = path
        self.index = path / "index.html"
        self.pictures = path / "pictures"
        self.assets = path / "assets"
        for part in (self.index, self.pictures, self.assets):
            if part.is_symlink():
                raise ReportFolderError(
                    f"{part} is a link, and a report is made of plain files only; take it away"
                )
        if path.exists() and not path.is_dir():
            raise ReportFolderError(f"{path} is a file; a report needs a folder of its own")
        self.is_new = not _is_report(self.index)
        if self.is_new and path.is_dir() and any(path.iterdir()):
            raise ReportFolderError(
                f"{path} holds something that is no report of editgauge; name a folder that is "
                "missing or empty, as in `-r html:FOLDER`, or move what is in it elsewhere"
            )
        for part in (path, self.pictures, self.assets):
            make_folder(part)

    def add_asset(self, source: Path) -> str:
        """Copy a style sheet or script into place; return its address in the page."""
        data = source.read_bytes()
        digest = hashlib.sha256(data).hexdigest()[:12]
        path = self.assets / f"{source.stem}-{digest}{source.suffix}"
        if not path.is_file() or path.read_bytes() != data:
            with replacing(path) as file:
                file.write(data)
        return f"assets/{path.name}"

    def write_index(self, text: str) -> None:
        """Replace the page.

        Raises:
            OSError: it cannot be written; the former one is still there.
        """
        with replacing(self.index) as file:
            file.write(text.encode("utf-8"))

    def remove_others(self, *, pictures: Iterable[str], assets: Iterable[str]) -> None:
        """Remove pictures and assets that the page does not name; files of others stay.

        Args:
            pictures: names of the pictures that stay.
            assets: addresses of the assets that stay.
        """
        _remove(self.pictures, _PICTURE, set(pictures))
        _remove(self.assets, _ASSET, {address.partition("/")[2] for address in assets})


def _is_report(index: Path) -> bool:
    try:
        with index.open("rb") as file:
            return MARK in file.read(_MARK_WITHIN)
    except OSError:
        return False


def _remove(folder: Path, ours: re.Pattern[str], wanted: set[str]) -> None:
    with os.scandir(folder) as entries:
        names = [
            entry.name
            for entry in entries
            if ours.fullmatch(entry.name)
            and entry.name not in wanted
            and entry.is_file(follow_symlinks=False)
        ]
    for name in names:
        (folder / name).unlink(missing_ok=True)
