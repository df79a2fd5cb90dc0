"""Small pictures that models are tried with."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

WIDE = (96, 64)
"""Columns and rows of the picture that most requests have."""
_ORIENTATION = 0x0112
_TURNED_RIGHT = 6


def paint(size: tuple[int, int], shade: int = 0) -> "Image":
    """Return a picture that looks different in each corner.

    Args:
        size: columns and rows.
        shade: another one for each number, from 0 to 255.
    """
    from PIL import Image, ImageDraw

    ramp = Image.linear_gradient("L").resize(size)
    flat = Image.new("L", size, shade)
    image = Image.merge("RGB", (ramp, ramp.rotate(180), flat))
    width, height = size
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 3, height // 3), fill=(230, 40, 40))
    draw.ellipse((width // 2, height // 2, width - 1, height - 1), fill=(30, 90, 220))
    return image


def write_pictures(folder: Path) -> dict[str, Path]:
    """Write the pictures of the checks, and return their paths.

    `wide`, `tall` and `odd` differ in size; `turned` is `wide`, stored on its side with an EXIF
    orientation, so that a model gets the same pixels; `dark` and `plain` are of the size of `wide`.
    """
    from PIL import Image, ImageOps

    wide = paint(WIDE)
    pictures = {
        "wide": wide,
        "tall": paint(WIDE[::-1], 120),
        "odd": paint((65, 43), 200),
        "dark": wide.point(lambda value: value // 3),
        "plain": Image.new("RGB", WIDE, (120, 160, 90)),
        "inverted": ImageOps.invert(wide),
    }
    paths = {name: folder / f"{name}.png" for name in (*pictures, "turned")}
    for name, picture in pictures.items():
        picture.save(paths[name])
    turned = wide.rotate(90, expand=True)
    exif = turned.getexif()
    exif[_ORIENTATION] = _TURNED_RIGHT
    turned.save(paths["turned"], exif=exif)
    return paths


def difference(one: Path, other: Path) -> float | None:
    """Return the greatest difference of a channel's value (0 to 255), or None if sizes differ."""
    from PIL import Image, ImageChops

    with Image.open(one) as first, Image.open(other) as second:
        if first.size != second.size:
            return None
        extrema = ImageChops.difference(first.convert("RGBA"), second.convert("RGBA")).getextrema()
    return float(max(high for _, high in extrema))  # type: ignore[misc]  # RGBA has four bands
