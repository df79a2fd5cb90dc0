"""What each kind of instruction that needs no scene does to a picture.

A picture is an array of shape (height, width, 3), float32, from 0 to 1, and stays one.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R BT.601)."""

TINTS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.25, 0.2),
    "green": (0.25, 1.0, 0.3),
    "blue": (0.25, 0.4, 1.0),
}
"""Colour that each tint gives to white."""


def brightness(picture: Picture) -> Picture:
    """Return the brightness of each pixel, shape (height, width, 1)."""
    return np.asarray(picture @ LUMA, dtype=np.float32)[..., None]


def greyscale(picture: Picture) -> Picture:
    """Take every colour out."""
    return np.repeat(brightness(picture), 3, axis=2)


def invert(picture: Picture) -> Picture:
    """Make a photographic negative."""
    return 1.0 - picture


def sepia(picture: Picture) -> Picture:
    """Give the picture the browns of an old photograph, with less contrast."""
    grey = 0.12 + 0.82 * brightness(picture)
    return _in_range(grey * np.array([1.0, 0.80, 0.52], dtype=np.float32))


def tint(picture: Picture, colour: str) -> Picture:
    """Colour the picture as through a filter of `TINTS`."""
    # A little light of its own, so that a filter shows on black, too.
    grey = 0.15 + 0.85 * brightness(picture)
    mixed = 0.75 * grey + 0.25 * picture
    return _in_range(mixed * np.array(TINTS[colour], dtype=np.float32))


def darker(picture: Picture) -> Picture:
    """Take away more than half of the light."""
    return _in_range(0.42 * picture)


def brighter(picture: Picture) -> Picture:
    """Lift the dark parts most, as a longer exposure does."""
    return _in_range(1.15 * picture**0.55)


def flip(picture: Picture) -> Picture:
    """Swap left and right."""
    return np.ascontiguousarray(picture[:, ::-1])


def rotate(picture: Picture) -> Picture:
    """Turn the picture upside down, by 180 degrees."""
    return np.ascontiguousarray(picture[::-1, ::-1])


def night(picture: Picture) -> Picture:
    """Turn day into a blue night, darkest above."""
    light = _downwards(picture, above=0.30, below=0.55)
    mixed = 0.6 * brightness(picture) + 0.4 * picture
    blue = np.array([0.45, 0.65, 1.25], dtype=np.float32)
    return _in_range(mixed * light * blue + np.array([0.0, 0.01, 0.06], dtype=np.float32))


def snow(picture: Picture) -> Picture:
    """Cover the lower half more and more with snow and take the warmth out of the rest."""
    cover = _downwards(picture, above=-0.75, below=1.0).clip(0, 0.9)
    cold = 0.55 * brightness(picture) + 0.45 * picture
    white = np.array([0.93, 0.96, 1.0], dtype=np.float32)
    return _in_range(cold * (1 - cover) + white * cover)


def fog(picture: Picture) -> Picture:
    """Let a light grey fog hide the upper part most."""
    density = _downwards(picture, above=0.85, below=0.45)
    mist = np.array([0.80, 0.82, 0.84], dtype=np.float32)
    return _in_range(picture * (1 - density) + mist * density)


WHOLE_PICTURE: dict[str, Callable[[Picture], Picture]] = {
    "greyscale": greyscale,
    "invert": invert,
    "sepia": sepia,
    "darker": darker,
    "brighter": brighter,
    "flip": flip,
    "rotate": rotate,
    "night": night,
    "snow": snow,
    "fog": fog,
}
"""The kinds that need nothing but the picture."""


def _downwards(picture: Picture, *, above: float, below: float) -> Picture:
    """Return values that run evenly from the top edge to the bottom edge, shape (height, 1, 1)."""
    return np.linspace(above, below, picture.shape[0], dtype=np.float32)[:, None, None]


def _in_range(picture: Picture) -> Picture:
    return np.clip(picture, 0.0, 1.0).astype(np.float32)
