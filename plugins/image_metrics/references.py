"""Which file is the reference image of a sample."""

import hashlib
import os
from pathlib import Path

from editgauge import safe_name

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
"""Files that are looked at, whatever the case of their suffix."""


class References:
    """The images of a folder, found by the ids of samples.

    The folder is listed once and ids are looked up in the list: an id never becomes a path.
    """

    def __init__(self, folder: str) -> None:
        """List the folder.

        Raises:
            ValueError: it is no folder, has no images, or has two that differ in their suffix only.
        """
        self._folder = Path(folder).expanduser()
        if not self._folder.is_dir():
            raise ValueError(f"'references': there is no folder {folder!r}")
        self._files: dict[str, Path] = {}
        for root, _, names in os.walk(self._folder):
            for path in sorted(Path(root, name) for name in names):
                if path.suffix.lower() in SUFFIXES:
                    self._add(path)
        if not self._files:
            raise ValueError(
                f"'references': there is no image ({', '.join(SUFFIXES)}) in {folder!r}"
            )

    def find(self, sample_id: str) -> Path:
        """Return the reference image of a sample.

        Raises:
            ValueError: there is none.
        """
        names = (_stem(sample_id), safe_name(sample_id))
        for name in names:
            if name in self._files:
                return self._files[name]
        raise ValueError(
            f"there is no reference image in {str(self._folder)!r}; looked for "
            f"{' and '.join(repr(name + SUFFIXES[0]) for name in names)}, and other suffixes"
        )

    def fingerprint(self) -> str:
        """Return a digest of the names and the content of all of them.

        Raises:
            OSError: one cannot be read.
        """
        digest = hashlib.sha256()
        for name in sorted(self._files):
            content = hashlib.sha256(self._files[name].read_bytes()).hexdigest()
            digest.update(f"{name}\0{content}\n".encode("utf-8", "surrogateescape"))
        return f"references {digest.hexdigest()[:32]}"

    def _add(self, path: Path) -> None:
        name = _stem(path.relative_to(self._folder).as_posix())
        if name in self._files:
            raise ValueError(
                f"'references': {str(self._files[name])!r} and {str(path)!r} may both be the "
                f"reference of {name!r}; leave one"
            )
        self._files[name] = path


def _stem(name: str) -> str:
    """Return a name without the suffix of an image; ids of a folder's samples have one."""
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
