"""Generated scenes: a plain background with one to three objects of known shape and colour."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.pictures import from_image, to_image

SHAPES = ("circle", "square", "triangle")

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "green": (42, 160, 72),
    "blue": (46, 88, 216),
    "yellow": (242, 205, 48),
    "white": (245, 245, 245),
    "black": (22, 22, 26),
}

SIDES = ("left", "middle", "right")

_OVERSAMPLING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One object of a scene.

    Attributes:
        shape: one of `SHAPES`.
        colour: one of `COLOURS`.
        side: one of `SIDES`: the third of the scene that its centre lies in.
        x: centre, as a part of the width.
        y: centre, as a part of the height.
        radius: as a part of the shorter edge.
    """

    shape: str
    colour: str
    side: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene that can be drawn again with an object changed or taken away.

    Attributes:
        items: the objects, from left to right, at most one in each third.
        above: colour of the background at the top, red, green, blue from 0 to 1.
        below: the same at the bottom.
        horizon: where the upper background ends, as a part of the height; 1 for one smooth run.
    """

    items: tuple[Item, ...]
    above: tuple[float, float, float]
    below: tuple[float, float, float]
    horizon: float

    def find(self, shape: str, side: str) -> Item | None:
        """Return the object of a shape, on a side if one is said, or None."""
        fitting = (item for item in self.items if item.shape == shape and side in ("", item.side))
        return next(fitting, None)

    def recoloured(self, item: Item, colour: str) -> "Scene":
        """Return the scene with one object in another colour."""
        return replace(
            self,
            items=tuple(
                replace(other, colour=colour) if other == item else other for other in self.items
            ),
        )

    def without(self, item: Item) -> "Scene":
        """Return the scene without one object."""
        return replace(self, items=tuple(other for other in self.items if other != item))

    def draw(self, width: int, height: int) -> Picture:
        """Return the picture, with smooth edges."""
        picture = to_image(self._background(width, height)).resize(
            (width * _OVERSAMPLING, height * _OVERSAMPLING), Image.Resampling.NEAREST
        )
        canvas = ImageDraw.Draw(picture)
        for item in self.items:
            _draw_item(canvas, item, *picture.size)
        small = picture.resize((width, height), Image.Resampling.BOX)
        return from_image(small)

    def _background(self, width: int, height: int) -> Picture:
        down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
        above, below = (np.array(colour, dtype=np.float32) for colour in (self.above, self.below))
        if self.horizon < 1:
            shade = 0.85 + 0.3 * np.abs(down - self.horizon)
            column = np.where(down < self.horizon, above, below) * shade
        else:
            column = above * (1 - down) + below * down
        return np.repeat(np.clip(column, 0, 1)[:, None], width, axis=1).astype(np.float32)


def draw_scene(random: np.random.Generator, *, twins: float = 0.2) -> Scene:
    """Return a scene drawn at random.

    Args:
        random: where chance comes from.
        twins: how often two objects have the same shape, so that only their side tells them apart.
    """
    above = _background_colour(random)
    below = _background_colour(random)
    count = int(random.choice([1, 2, 3], p=[0.25, 0.5, 0.25]))
    sides = sorted(random.choice(3, size=count, replace=False))
    shapes = list(random.permutation(SHAPES)[:count])
    if count > 1 and random.random() < twins:
        shapes[1] = shapes[0]
    items = tuple(
        Item(
            shape=str(shape),
            colour=_visible_colour(random, above, below),
            side=SIDES[side],
            x=float((side + 0.5) / 3 + random.uniform(-0.03, 0.03)),
            y=float(random.uniform(0.3, 0.7)),
            radius=float(random.uniform(0.14, 0.17)),
        )
        for side, shape in zip(sides, shapes, strict=True)
    )
    horizon = float(random.uniform(0.35, 0.75)) if random.random() < 0.5 else 1.0
    return Scene(items=items, above=above, below=below, horizon=horizon)


def contrast(colour: str, background: tuple[float, float, float]) -> float:
    """Return how far a colour is from a background: the greatest difference of a channel."""
    return max(
        abs(ours / 255 - theirs) for ours, theirs in zip(COLOURS[colour], background, strict=True)
    )


def _background_colour(random: np.random.Generator) -> tuple[float, float, float]:
    grey = random.uniform(0.25, 0.8)
    red, green, blue = np.clip(grey + random.uniform(-0.18, 0.18, size=3), 0, 1)
    return float(red), float(green), float(blue)


def _visible_colour(
    random: np.random.Generator,
    above: tuple[float, float, float],
    below: tuple[float, float, float],
) -> str:
    visible = [
        colour for colour in COLOURS if min(contrast(colour, above), contrast(colour, below)) > 0.3
    ]
    return str(random.choice(visible or list(COLOURS)))


def _draw_item(canvas: ImageDraw.ImageDraw, item: Item, width: int, height: int) -> None:
    x, y, radius = item.x * width, item.y * height, item.radius * min(width, height)
    colour = COLOURS[item.colour]
    if item.shape == "circle":
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif item.shape == "square":
        half = 0.88 * radius
        canvas.rectangle((x - half, y - half, x + half, y + half), fill=colour)
    else:
        low = y + 0.8 * radius
        canvas.polygon(
            ((x, y - 1.1 * radius), (x - 1.1 * radius, low), (x + 1.1 * radius, low)), fill=colour
        )
