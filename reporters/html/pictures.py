"""The pictures of a report: images of the run, decoded within limits and encoded anew.

A picture's name is made of the SHA-256 that the run recorded for the image's file, so the page can
name it before it is made, an image that many samples share is made once, and one that a resumed run
has already is not made again. An image whose file has another digest now is not what was edited or
judged, and is left out.
"""

import hashlib
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from editgauge.core.images import ImageError, file_digest, load_image
from editgauge.core.run.results import EditResult, RowError, result_from_row
from editgauge.core.samples import safe_name
from editgauge.core.whole_files import replacing

THUMBNAIL_SIZE = 320
"""Longest side of a thumbnail in pixels: two of them in a card, at twice the density of screens."""
_THUMBNAIL_QUALITY = 80
_PICTURE_QUALITY = 86
# Method 0 takes a sixth of the time of the default and makes files a quarter larger.
_METHOD = 0
_DIGEST_LENGTH = 32
_HEXADECIMAL = frozenset("0123456789abcdef")


class ImageOfRun(NamedTuple):
    """An image file of a run, and the `digest` (SHA-256) that the run recorded for it."""

    path: Path
    digest: str


def picture_stem(digest: str | None) -> str | None:
    """Return what the files of a picture are named by, or None for what is no digest."""
    if digest is None or len(digest) != 64 or not _HEXADECIMAL.issuperset(digest):
        return None
    return digest[:_DIGEST_LENGTH]


def file_name(stem: str, size: int) -> str:
    """Return the name of a picture whose longest side has at most `size` pixels."""
    return f"{stem}-{size}.webp"


class PictureMaker:
    """Makes the pictures of the edit rows of a run, one row at a time, as rows come."""

    def __init__(self, run_dir: Path, folder: Path, size: int) -> None:
        """Take the run directory, the folder to write to, and the size of large pictures.

        Args:
            run_dir: the run directory.
            folder: where the pictures go; it exists.
            size: longest side of a large picture in pixels.
        """
        self._run_dir = run_dir
        self._folder = folder
        self._size = size
        self._rows = _Rows(run_dir / "results.jsonl")

    def make_some(self, rows: int) -> bool:
        """Make the pictures of the next `rows` rows; return whether there may be more.

        Raises:
            OSError: a picture cannot be written.
        """
        for _ in range(rows):
            row = self._rows.next()
            if row is None:
                return False
            for image in images_of_row(row, self._run_dir):
                self._make(image)
        return True

    def _make(self, image: ImageOfRun) -> None:
        stem = picture_stem(image.digest)
        if stem is None:
            return
        large = self._folder / file_name(stem, self._size)
        thumbnail = self._folder / file_name(stem, THUMBNAIL_SIZE)
        if large.is_file() and thumbnail.is_file():
            return
        data = _read(image)
        if data is None:
            return
        try:
            picture = load_image(BytesIO(data))
        except ImageError:
            return
        for path, size, quality in (
            (large, self._size, _PICTURE_QUALITY),
            (thumbnail, THUMBNAIL_SIZE, _THUMBNAIL_QUALITY),
        ):
            picture.thumbnail((size, size), reducing_gap=3.0)
            with replacing(path) as file:
                picture.save(file, format="WEBP", quality=quality, method=_METHOD)


def images_of_row(row: EditResult, run_dir: Path) -> Iterator[ImageOfRun]:
    """Yield the images of a row whose digests are known, the edited one first.

    The edited one is looked for only where the run puts it, whatever the row says.
    """
    edited = run_dir / "images" / f"{safe_name(row.id)}.png"
    if row.image_sha256 is not None and not edited.is_symlink():
        yield ImageOfRun(edited, row.image_sha256)
    for path, digest in zip(row.sources, row.sources_sha256, strict=False):
        if "\0" not in path:
            yield ImageOfRun(Path(path), digest)


def _read(image: ImageOfRun) -> bytes | None:
    """Return an image file's bytes if they are what the run recorded, else None."""
    try:
        # Looks at the kind and length of the file first: no pipe, no device, no endless file.
        if file_digest(image.path) != image.digest:
            return None
        data = image.path.read_bytes()
    except (ImageError, OSError):
        return None
    # Of the bytes that are decoded, whatever happened to the file since.
    return data if hashlib.sha256(data).hexdigest() == image.digest else None


class _Rows:
    """Reads the edit rows of `results.jsonl` one after the other while it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._identity: tuple[int, int] | None = None

    def next(self) -> EditResult | None:
        """Return the next edit row, or None if there is none yet."""
        try:
            file = self._path.open("rb")
        except OSError:
            return None
        with file:
            status = self._path.stat()
            identity = (status.st_dev, status.st_ino)
            if identity != self._identity:
                # Replaced by one without the rows that are done again.
                self._identity, self._position = identity, 0
            file.seek(self._position)
            for line in iter(file.readline, b""):
                if not line.endswith(b"\n"):
                    return None
                self._position += len(line)
                row = _edit_row(line)
                if row is not None:
                    return row
        return None


def _edit_row(line: bytes) -> EditResult | None:
    if b'"edit"' not in line:
        return None
    try:
        result = result_from_row(json.loads(line))
    except (RowError, ValueError, RecursionError):
        # The page, which reads every row, says so.
        return None
    return result if isinstance(result, EditResult) else None
