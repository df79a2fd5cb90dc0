"""Tasks: a source picture, an instruction, the target, and what other instructions would make."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from editgauge.plugins.miniature.training.edits import TINTS, WHOLE_PICTURE, Picture, tint
from editgauge.plugins.miniature.training.instructions import (
    KINDS,
    REFERENCE_KINDS,
    Edit,
    draw_wording,
)
from editgauge.plugins.miniature.training.pictures import from_image
from editgauge.plugins.miniature.training.scenes import COLOURS, Item, Scene, contrast, draw_scene

PHOTOGRAPHS = Path(__file__).parent.parent / "photographs"

HELD_OUT_PHOTOGRAPHS = ("coffee", "coins", "rocket")
"""What only the check uses: two in colour, one grey."""

VISIBLE = 0.05
"""The root of the mean squared difference from which two pictures count as different."""

SIDES = 0.3
"""How often the side of an object is said where its shape would do, too."""

_HARDER = {"flip": 2.0, "rotate": 2.0, "recolour": 2.0, "remove": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture to edit.

    Attributes:
        picture: the picture.
        scene: how it was drawn, or None for a photograph.
    """

    picture: Picture
    scene: Scene | None = None

    def target(self, edit: Edit) -> Picture:
        """Return the picture after an edit.

        Raises:
            ValueError: the edit is of an object that is not in the picture.
        """
        if edit.kind == "tint":
            return tint(self.picture, edit.colour)
        if edit.kind not in REFERENCE_KINDS:
            return WHOLE_PICTURE[edit.kind](self.picture)
        height, width = self.picture.shape[:2]
        scene, item = self.find(edit)
        changed = (
            scene.without(item) if edit.kind == "remove" else scene.recoloured(item, edit.colour)
        )
        return changed.draw(width, height)

    def find(self, edit: Edit) -> tuple[Scene, Item]:
        """Return the scene, and its object that an edit is of.

        Raises:
            ValueError: that object is not in the picture.
        """
        item = self.scene.find(edit.shape, edit.side) if self.scene else None
        if self.scene is None or item is None:
            raise ValueError(f"no {edit.shape} {edit.side} in the picture")
        return self.scene, item


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing to do, with its right result.

    Attributes:
        source: the picture to edit.
        edit: what is asked for.
        instruction: the same in words.
        target: the right result.
    """

    source: Source
    edit: Edit
    instruction: str
    target: Picture


def difference(one: Picture, other: Picture) -> float:
    """Return the root of the mean squared difference of two pictures, from 0 to 1."""
    return float(np.sqrt(np.mean((one - other) ** 2)))


def draw_source(
    random: np.random.Generator, *, width: int, height: int, held_out: bool, scene: bool
) -> Source:
    """Return a source picture drawn at random.

    Args:
        random: where chance comes from.
        width: in pixels.
        height: in pixels.
        held_out: whether a photograph is one of those that the models are not trained on.
        scene: a generated scene instead of a crop of a photograph.
    """
    if scene:
        drawn = draw_scene(random)
        return Source(picture=drawn.draw(width, height), scene=drawn)
    names = [name for name in photograph_names() if (name in HELD_OUT_PHOTOGRAPHS) == held_out]
    photograph = read_photograph(names[int(random.integers(len(names)))])
    picture = _crop(photograph, random, width, height)
    return Source(picture=picture if held_out else _vary_colours(picture, random))


def draw_task(
    random: np.random.Generator,
    *,
    width: int,
    height: int,
    held_out: bool = False,
    kind: str | None = None,
    scenes: float = 0.35,
    sides: float = SIDES,
    reworded: float = 0.0,
) -> Task:
    """Return a task drawn at random, whose target visibly differs from its source.

    Args:
        random: where chance comes from.
        width: in pixels.
        height: in pixels.
        held_out: use photographs and wordings that the models are not trained on.
        kind: what is asked for; default: drawn, the harder kinds more often.
        scenes: how often a source is a scene where a photograph would do, too.
        sides: how often the side of an object is said where its shape would do, too.
        reworded: how often the instruction is told in other words than are listed.
    """
    while True:
        wanted = kind or str(random.choice(KINDS, p=_odds()))
        scene = wanted in REFERENCE_KINDS or random.random() < scenes
        source = draw_source(random, width=width, height=height, held_out=held_out, scene=scene)
        edits = [
            edit for edit in possible_edits(source, random, sides=sides) if edit.kind == wanted
        ]
        if not edits:
            continue
        edit = edits[int(random.integers(len(edits)))]
        target = source.target(edit)
        if difference(source.picture, target) >= VISIBLE:
            instruction = draw_wording(edit, random, held_out=held_out, reworded=reworded)
            return Task(source=source, edit=edit, instruction=instruction, target=target)


def possible_edits(
    source: Source, random: np.random.Generator, *, sides: float = SIDES
) -> list[Edit]:
    """Return what can be asked of a picture: every kind, tint and object, one colour an object.

    Args:
        source: the picture.
        random: where chance comes from.
        sides: how often the side of an object is said where its shape would do, too; it always is
            where another object has the same shape.
    """
    edits = [Edit(kind=kind) for kind in WHOLE_PICTURE]
    edits += [Edit(kind="tint", colour=colour) for colour in TINTS]
    if source.scene is None:
        return edits
    shapes = [item.shape for item in source.scene.items]
    for item in source.scene.items:
        said = shapes.count(item.shape) > 1 or random.random() < sides
        side = item.side if said else ""
        edits.append(Edit(kind="remove", shape=item.shape, side=side))
        colours = [
            colour
            for colour in COLOURS
            if colour != item.colour
            and min(contrast(colour, source.scene.above), contrast(colour, source.scene.below))
            > 0.2
        ]
        if colours:
            colour = colours[int(random.integers(len(colours)))]
            edits.append(Edit(kind="recolour", shape=item.shape, side=side, colour=colour))
    return edits


def photograph_names() -> list[str]:
    """Return the names of the shipped photographs."""
    lines = (PHOTOGRAPHS / "photos.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted({Path(json.loads(line)["image"]).stem for line in lines})


@cache
def read_photograph(name: str) -> Image.Image:
    """Return a shipped photograph in RGB."""
    with Image.open(PHOTOGRAPHS / f"{name}.jpg") as image:
        return image.convert("RGB")


def _crop(photograph: Image.Image, random: np.random.Generator, width: int, height: int) -> Picture:
    # The largest crop of this shape, or as little as 0.45 of its edges.
    largest = min(photograph.width / width, photograph.height / height)
    scale = largest * random.uniform(0.45, 1.0)
    crop_width, crop_height = width * scale, height * scale
    x = random.uniform(0, photograph.width - crop_width)
    y = random.uniform(0, photograph.height - crop_height)
    box = (x, y, x + crop_width, y + crop_height)
    small = photograph.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)
    return from_image(small)


def _vary_colours(picture: Picture, random: np.random.Generator) -> Picture:
    """Make seven photographs look like more: other colours, light and sides."""
    if random.random() < 0.5:
        picture = picture[:, ::-1]
    if random.random() < 0.4:
        picture = picture[..., random.permutation(3)]
    if random.random() < 0.5:
        gains = random.uniform(0.75, 1.2, size=3).astype(np.float32)
        picture = np.clip(picture * gains + np.float32(random.uniform(-0.08, 0.08)), 0, 1)
    return np.ascontiguousarray(picture, dtype=np.float32)


@cache
def _odds() -> Sequence[float]:
    weights = [_HARDER.get(kind, 1.0) for kind in KINDS]
    return [weight / sum(weights) for weight in weights]
