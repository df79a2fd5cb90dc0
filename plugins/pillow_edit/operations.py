"""What the edit model `pillow` can do to a picture."""

from collections.abc import Callable
from functools import partial

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

TINTS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0)}
_TINT_SHARE = 0.4
_MORE, _LESS = 1.5, 0.6


def _greyscale(image: Image.Image) -> Image.Image:
    return ImageOps.grayscale(image).convert("RGB")


def _turn(image: Image.Image, how: Image.Transpose) -> Image.Image:
    return image.transpose(how)


def _radius(image: Image.Image) -> float:
    # As strong to the eye in a large picture as in a small one.
    return max(1.0, min(image.size) / 100)


def _blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(_radius(image)))


def _sharpen(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.UnsharpMask(_radius(image), percent=150, threshold=0))


def _brightness(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(factor)


def _contrast(image: Image.Image, factor: float) -> Image.Image:
    return ImageEnhance.Contrast(image).enhance(factor)


def _tint(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, colour), _TINT_SHARE)


def _crop_to_a_square(image: Image.Image) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


OPERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "greyscale": _greyscale,
    "invert": ImageOps.invert,
    "flip vertically": partial(_turn, how=Image.Transpose.FLIP_TOP_BOTTOM),
    "mirror": partial(_turn, how=Image.Transpose.FLIP_LEFT_RIGHT),
    # Pillow counts counterclockwise.
    "rotate right": partial(_turn, how=Image.Transpose.ROTATE_270),
    "rotate left": partial(_turn, how=Image.Transpose.ROTATE_90),
    "rotate 180 degrees": partial(_turn, how=Image.Transpose.ROTATE_180),
    "blur": _blur,
    "sharpen": _sharpen,
    "brighter": partial(_brightness, factor=_MORE),
    "darker": partial(_brightness, factor=_LESS),
    "more contrast": partial(_contrast, factor=_MORE),
    "less contrast": partial(_contrast, factor=_LESS),
    **{f"tint {name}": partial(_tint, colour=colour) for name, colour in TINTS.items()},
    "crop to a square": _crop_to_a_square,
}
"""Each takes an RGB picture and returns another one; its name is an instruction, too."""
