from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.scenes import (
    COLOURS,
    SHAPES,
    SIDES,
    Item,
    Scene,
    contrast,
    draw_scene,
)

SIZE = 96

# In radii squared.
AREAS = {"circle": np.pi, "square": 1.76**2, "triangle": 2.2 * 1.9 / 2}


def scene(*shapes: str) -> Scene:
    """Return a scene with red objects, from left to right."""
    return Scene(
        items=tuple(
            Item(
                shape=shape, colour="red", side=side, x=(place + 0.5) / 3, y=0.5 + 0.03, radius=0.13
            )
            for place, (shape, side) in enumerate(zip(shapes, SIDES, strict=False))
        ),
        above=(0.3, 0.4, 0.5),
        below=(0.6, 0.7, 0.5),
        horizon=0.6,
    )


def changed(one: Picture, other: Picture) -> NDArray[np.bool_]:
    """Return where two pictures differ."""
    different: NDArray[np.bool_] = (one != other).any(axis=2)
    return different


def drawn(seed: int, *, twins: float = 0.2) -> Scene:
    return draw_scene(np.random.default_rng(seed), twins=twins)


def test_same_numbers_give_the_same_scene() -> None:
    assert [drawn(seed) for seed in range(20)] == [drawn(seed) for seed in range(20)]
    assert len({drawn(seed) for seed in range(20)}) == 20
    assert drawn(3).draw(48, 32).tobytes() == drawn(3).draw(48, 32).tobytes()


def test_picture_has_the_size_asked_for_and_values_from_0_to_1() -> None:
    picture = scene("circle").draw(48, 32)
    assert picture.shape == (32, 48, 3)
    assert picture.dtype == np.float32
    assert 0 <= picture.min() < picture.max() <= 1


@pytest.mark.parametrize("shape", SHAPES)
def test_scene_without_an_object_differs_in_the_pixels_of_the_object_alone(shape: str) -> None:
    whole = scene("square", shape, "circle")
    item = whole.items[1]
    rest = whole.without(item)
    assert rest.items == (whole.items[0], whole.items[2])
    there = changed(whole.draw(SIZE, SIZE), rest.draw(SIZE, SIZE))
    radius = item.radius * SIZE
    down, right = np.nonzero(there)
    assert np.abs(right + 0.5 - item.x * SIZE).max() < 1.1 * radius + 1
    assert np.abs(down + 0.5 - item.y * SIZE).max() < 1.1 * radius + 1
    assert there.sum() == pytest.approx(AREAS[shape] * radius**2, rel=0.15)
    # What is left there is background: the same as at the edge of the picture.
    background = rest.draw(SIZE, SIZE)
    assert np.array_equal(background[there], np.repeat(background[:, :1], SIZE, axis=1)[there])


@pytest.mark.parametrize("shape", SHAPES)
def test_recoloured_scene_differs_in_the_pixels_of_the_object_alone(shape: str) -> None:
    whole = scene("square", shape, "circle")
    item = whole.items[1]
    painted = whole.recoloured(item, "yellow")
    assert painted.items == (whole.items[0], replace(item, colour="yellow"), whole.items[2])
    before, after = whole.draw(SIZE, SIZE), painted.draw(SIZE, SIZE)
    of_object = changed(before, whole.without(item).draw(SIZE, SIZE))
    there = changed(before, after)
    assert there.sum() > 0.9 * of_object.sum()
    assert not (there & ~of_object).any()
    x, y = int(item.x * SIZE), int(item.y * SIZE)
    assert np.allclose(after[y, x] * 255, COLOURS["yellow"])


def test_objects_stand_in_thirds_of_their_own_from_left_to_right() -> None:
    for seed in range(60):
        items = drawn(seed).items
        assert 1 <= len(items) <= 3
        places = [SIDES.index(item.side) for item in items]
        assert places == sorted(set(places))
        assert [int(item.x * 3) for item in items] == places
        assert {item.shape for item in items} <= set(SHAPES)
        assert {item.colour for item in items} <= set(COLOURS)


def test_objects_stand_out_from_the_background() -> None:
    for seed in range(60):
        whole = drawn(seed)
        for item in whole.items:
            assert min(contrast(item.colour, end) for end in (whole.above, whole.below)) > 0.3
            alone = replace(whole, items=(item,))
            empty = replace(whole, items=())
            far = np.abs(alone.draw(64, 64) - empty.draw(64, 64)).max(axis=2)
            assert (far > 0.15).sum() > 120
            assert np.median(far[far > 0]) > 0.2


def test_twins_have_the_same_shape_and_others_do_not() -> None:
    several = [seed for seed in range(40) if len(drawn(seed).items) > 1]
    assert len(several) > 10
    for seed in several:
        first, second, *_ = drawn(seed, twins=1.0).items
        assert first.shape == second.shape
        shapes = [item.shape for item in drawn(seed, twins=0.0).items]
        assert len(set(shapes)) == len(shapes)


def test_objects_are_found_by_shape_and_side() -> None:
    left, middle, right = scene("circle", "square", "circle").items
    whole = scene("circle", "square", "circle")
    assert whole.find("circle", "") == left
    assert whole.find("circle", "right") == right
    assert whole.find("square", "middle") == middle
    assert whole.find("square", "left") is None
    assert whole.find("triangle", "") is None
