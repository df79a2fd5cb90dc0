"""Images from outside: which are accepted, and how they are read and written.

Standard library only until something is called: workers import this module, and Pillow is the
worker environment's own.
"""

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_BYTES = 256 * 2**20
MAX_PIXELS = 100_000_000
PNG_COMPRESSION = 1
"""zlib level: at 1, a PNG takes a fifth of the time of level 6 and is nearly as small."""


class ImageError(ValueError):
    """An image that cannot be used: missing, too large, of another format, or damaged."""


def inspect_image(source: str | Path | IO[bytes]) -> tuple[int, int]:
    """Return width and height from an image's header, format and limits checked.

    Raises:
        ImageError: it is no PNG, JPEG or WebP file, or larger than the limits.
    """
    with _open(source) as image:
        return image.size


def load_image(source: str | Path | IO[bytes]) -> "Image":
    """Return an image fully decoded, turned upright by its EXIF orientation, in RGB.

    Transparency is laid over white.

    Raises:
        ImageError: as `inspect_image`, or the data is damaged.
    """
    from PIL import Image, ImageOps

    with _open(source) as image:
        try:
            image.load()
            upright = ImageOps.exif_transpose(image)
            if upright.mode == "RGB":
                return upright
            if upright.has_transparency_data:
                layer = upright.convert("RGBA")
                white = Image.new("RGBA", layer.size, "white")
                return Image.alpha_composite(white, layer).convert("RGB")
            return upright.convert("RGB")
        except Exception as error:
            raise ImageError(f"{_name(source)} is damaged: {error}") from error


def save_png(image: "Image", path: Path) -> None:
    """Write an image as PNG, replaced atomically, so that no half-written file is ever seen."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        image.save(temporary, format="PNG", compress_level=PNG_COMPRESSION)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _open(source: str | Path | IO[bytes]) -> "Image":
    from PIL import Image, UnidentifiedImageError

    name = _name(source)
    if isinstance(source, str | Path):
        try:
            size = Path(source).stat().st_size
        except OSError as error:
            raise ImageError(f"{name} cannot be read: {error.strerror}") from error
        if size > MAX_BYTES:
            raise ImageError(f"{name} has {size:,} bytes; at most {MAX_BYTES:,} are accepted")
    try:
        image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is no PNG, JPEG or WebP image") from error
    except Exception as error:
        raise ImageError(f"{name} cannot be read: {error}") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise ImageError(
            f"{name} has {image.width} x {image.height} pixels; at most {MAX_PIXELS:,} are accepted"
        )
    return image


def _name(source: str | Path | IO[bytes]) -> str:
    return str(source) if isinstance(source, str | Path) else "the image"
