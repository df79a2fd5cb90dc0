"""Pictures as arrays, and as images of Pillow."""

import numpy as np
from PIL import Image

from editgauge.plugins.miniature.training.edits import Picture


def to_image(picture: Picture) -> Image.Image:
    """Return a picture as an image of 8 bits."""
    return Image.fromarray(np.uint8(np.clip(picture, 0, 1) * 255 + 0.5))


def from_image(image: Image.Image) -> Picture:
    """Return an image in RGB as a picture."""
    return (np.asarray(image) / 255).astype(np.float32)
