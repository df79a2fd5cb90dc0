"""Two small pictures, drawn here, for a new plugin to be tried on."""

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZE = (320, 240)
_SCALE = 2
"""Drawn larger and made smaller, which smooths the edges."""


def draw_pictures() -> dict[str, bytes]:
    """Return PNG files by name: a landscape by day, and the same in the evening."""
    return {
        "day.png": _png(_landscape("#3d7fc4", "#dcecf5", sun="#fff3b0", hill="#4f8f4a", top=0.2)),
        "evening.png": _png(
            _landscape("#3b2f66", "#f08a4b", sun="#ffd27a", hill="#2c3b3f", top=0.45)
        ),
    }


def _landscape(above: str, below: str, *, sun: str, hill: str, top: float) -> "Image":
    from PIL import Image, ImageDraw, ImageOps

    width, height = (side * _SCALE for side in _SIZE)
    gradient = Image.linear_gradient("L").resize((width, height))
    image = ImageOps.colorize(gradient, black=above, white=below)
    draw = ImageDraw.Draw(image)
    radius = height // 10
    centre = (width * 2 // 3, int(height * top) + radius)
    draw.circle(centre, radius, fill=sun)
    draw.ellipse((-width // 3, height * 2 // 3, width * 3 // 4, height * 3 // 2), fill=hill)
    draw.ellipse((width // 3, height * 3 // 4, width * 4 // 3, height * 3 // 2), fill=hill)
    house = (width // 5, height // 2, width // 5 + height // 4, height * 3 // 4)
    draw.rectangle(house, fill="#c9553d")
    roof = [(house[0] - 20, house[1]), (house[2] + 20, house[1])]
    draw.polygon([*roof, ((house[0] + house[2]) // 2, house[1] - height // 7)], fill="#5a3a32")
    draw.rectangle((house[0] + 40, house[1] + 35, house[0] + 80, house[1] + 75), fill=sun)
    return image.resize(_SIZE)


def _png(image: "Image") -> bytes:
    file = BytesIO()
    image.save(file, format="PNG")
    return file.getvalue()
