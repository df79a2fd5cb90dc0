"""Images from outside: which are accepted, and how they are read and written.

Standard library only until something is called: workers import this module, and Pillow is the
worker environment's own.
"""

import hashlib
import os
import stat
import warnings
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from editgauge.core.whole_files import replacing

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 256 * 2**20
MAX_PIXELS = 100_000_000
PNG_COMPRESSION = 1
"""zlib level: at 1, a PNG takes a fifth of the time of level 6 and is nearly as small."""

# A JPEG of a telephone may carry a second picture; Pillow then calls it MPO.
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "MPO": ".jpg", "WEBP": ".webp"}


_READ_BYTES = 2**20


class ImageError(ValueError):
    """An image that cannot be used: missing, too large, of another format, or damaged."""


def inspect_image(source: str | Path | IO[bytes]) -> tuple[int, int]:
    """Return width and height from an image's header, format and limits checked.

    They are those of the stored picture, before its EXIF orientation is applied.

    Raises:
        ImageError: it is no PNG, JPEG or WebP file, or larger than the limits.
    """
    with _open(source) as image:
        return image.size


def load_image(source: str | Path | IO[bytes]) -> "Image":
    """Return an image fully decoded, turned upright by its EXIF orientation, in RGB.

    Transparency is laid over white. Of an animation, the first frame is taken. Of 16 bits per
    channel, the upper 8 are kept. Colour profiles are not applied.

    Raises:
        ImageError: as `inspect_image`, or the data is damaged.
    """
    from PIL import ImageOps

    with _open(source) as image:
        try:
            image.load()
            return _to_rgb(ImageOps.exif_transpose(image))
        except Exception as error:
            raise ImageError(f"{_name(source)} is damaged: {error}") from error


def as_loaded(image: "Image") -> "Image":
    """Return an image of this process as `load_image` would return one of a file.

    Raises:
        ImageError: it is damaged, or larger than the limits.
    """
    from PIL import ImageOps

    _check_pixels(image, "the image")
    try:
        # A picture that was opened and not read yet is read here, and may be damaged.
        image.load()
        return _to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:
        raise ImageError(f"the image is damaged: {error}") from error


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of an image's file in hexadecimal digits; what is in it is not looked at.

    Raises:
        ImageError: it cannot be read, is no regular file, or is larger than the limit.
    """
    _check_size(_name(path), _size(path))
    digest = hashlib.sha256()
    try:
        # hashlib.file_digest came with Python 3.11; workers may have 3.10.
        with Path(path).open("rb") as file:
            while data := file.read(_READ_BYTES):
                digest.update(data)
    except OSError as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}") from error
    return digest.hexdigest()


def _to_rgb(image: "Image") -> "Image":
    from PIL import Image

    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):
        # Converted directly, all values above 255 would become white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def save_png(image: "Image", path: Path, *, sync: bool = False) -> None:
    """Write an image as PNG, replaced atomically, so that no half-written file is ever seen.

    Args:
        image: what is written.
        path: the file; its folder exists.
        sync: whether it is on the disk, and not only handed to the system, when this returns.

    Raises:
        OSError: it cannot be written.
    """
    with replacing(path, sync=sync) as file:
        image.save(file, format="PNG", compress_level=PNG_COMPRESSION)


def store_image(data: bytes, folder: Path, name: str) -> Path:
    """Write an encoded image as it is, after `inspect_image`, and return the path of the file.

    The file is `name` in `folder` with the suffix of its format (`.png`, `.jpg`, `.webp`), written
    as `save_png` does.

    Raises:
        ImageError: as `inspect_image`.
        OSError: it cannot be written.
    """
    with _open(BytesIO(data)) as image:
        path = folder / f"{name}{_SUFFIXES[image.format or '']}"
    with replacing(path) as file:
        file.write(data)
    return path


def _open(source: str | Path | IO[bytes]) -> "Image":
    from PIL import Image, UnidentifiedImageError

    name = _name(source)
    _check_size(name, _size(source))
    try:
        with warnings.catch_warnings():
            # The limit below answers for what Pillow only warns of.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is no PNG, JPEG or WebP image") from error
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name} claims far more than the {MAX_PIXELS:,} pixels that are accepted: {error}"
        ) from error
    except Exception as error:
        raise ImageError(f"{name} cannot be read: {error}") from error
    try:
        _check_pixels(image, name)
    except ImageError:
        image.close()
        raise
    return image


def _check_pixels(image: "Image", name: str) -> None:
    if not 0 < image.width * image.height <= MAX_PIXELS:
        raise ImageError(
            f"{name} has {image.width} x {image.height} pixels; 1 to {MAX_PIXELS:,} are accepted"
        )


def _check_size(name: str, size: int) -> None:
    if size == 0:
        raise ImageError(f"{name} is empty")
    if size > MAX_BYTES:
        raise ImageError(f"{name} has {size:,} bytes; at most {MAX_BYTES:,} are accepted")


def _size(source: str | Path | IO[bytes]) -> int:
    """Return the number of bytes of a source; a file that is no regular one is refused."""
    if not isinstance(source, str | Path):
        position = source.tell()
        end = source.seek(0, os.SEEK_END)
        source.seek(position)
        return end - position
    try:
        status = Path(source).stat()
    except OSError as error:
        raise ImageError(f"{source} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ImageError(f"{str(source)!r} is not a possible path: {error}") from error
    # A device or a named pipe would never end, or never begin.
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(f"{source} is not a file")
    return status.st_size


def _name(source: str | Path | IO[bytes]) -> str:
    return str(source) if isinstance(source, str | Path) else "the image"
