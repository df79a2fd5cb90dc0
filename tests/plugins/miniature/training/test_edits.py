from functools import partial

import numpy as np
import pytest

from editgauge.plugins.miniature.training.edits import (
    TINTS,
    WHOLE_PICTURE,
    Picture,
    brighter,
    brightness,
    darker,
    flip,
    fog,
    greyscale,
    invert,
    night,
    rotate,
    sepia,
    snow,
    tint,
)

EDITS = WHOLE_PICTURE | {f"tint {name}": partial(tint, colour=name) for name in TINTS}

# Higher than wide, so that swapped axes show.
RANDOM: Picture = np.random.default_rng(0).random((28, 20, 3), dtype=np.float32)
BLACK: Picture = np.zeros((28, 20, 3), dtype=np.float32)
WHITE: Picture = np.ones((28, 20, 3), dtype=np.float32)


@pytest.mark.parametrize("name", EDITS)
def test_edited_pictures_are_pictures(name: str) -> None:
    for source in (RANDOM, BLACK, WHITE):
        before = source.copy()
        edited = EDITS[name](source)
        assert edited.shape == source.shape
        assert edited.dtype == np.float32
        assert 0 <= edited.min() <= edited.max() <= 1
        assert np.array_equal(source, before)


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_changes_the_picture(name: str) -> None:
    assert np.abs(EDITS[name](RANDOM) - RANDOM).mean() > 0.05


def test_no_two_edits_do_the_same() -> None:
    assert len({np.round(edit(RANDOM), 3).tobytes() for edit in EDITS.values()}) == len(EDITS)


def test_flipped_and_rotated_pictures_come_back_the_second_time() -> None:
    for edit in (flip, rotate):
        assert np.array_equal(edit(edit(RANDOM)), RANDOM)


def test_flip_swaps_left_and_right_and_rotation_also_above_and_below() -> None:
    assert np.array_equal(flip(RANDOM)[3, 0], RANDOM[3, -1])
    assert np.array_equal(rotate(RANDOM)[3, 0], RANDOM[-4, -1])


def test_negative_of_a_negative_is_the_picture() -> None:
    assert np.allclose(invert(invert(RANDOM)), RANDOM, atol=1e-6)
    assert np.array_equal(invert(WHITE), BLACK)


def test_greyscale_has_equal_channels_and_the_same_brightness() -> None:
    grey = greyscale(RANDOM)
    assert np.ptp(grey, axis=2).max() == 0
    assert np.allclose(brightness(grey), brightness(RANDOM), atol=1e-6)


def test_sepia_is_brown_everywhere() -> None:
    red, green, blue = np.moveaxis(sepia(RANDOM), 2, 0)
    assert (red > green).all()
    assert (green > blue).all()


def test_light_goes_one_way_everywhere() -> None:
    assert (darker(RANDOM) <= RANDOM).all()
    assert (brighter(RANDOM) >= RANDOM).all()


def test_night_is_darker_than_the_day_and_darkest_above() -> None:
    assert (brightness(night(RANDOM)) < brightness(RANDOM) * 0.6 + 0.02).all()
    upper, lower = np.split(brightness(night(WHITE)), 2)
    assert upper.max() < lower.min()
    assert (night(WHITE)[..., 2] > night(WHITE)[..., 0]).all()


def test_snow_lies_below_and_not_above() -> None:
    assert snow(BLACK)[-1].min() > 0.8
    assert snow(BLACK)[:10].max() == 0
    assert (np.diff(brightness(snow(BLACK))[11:-3, 0, 0]) > 0).all()


def test_fog_is_thicker_above_than_below() -> None:
    assert (np.diff(brightness(fog(BLACK))[:, 0, 0]) < 0).all()
    assert np.ptp(fog(RANDOM)[0]) < np.ptp(fog(RANDOM)[-1]) < np.ptp(RANDOM[-1])


@pytest.mark.parametrize("name", TINTS)
def test_tint_shows_its_colour_on_white_and_on_black(name: str) -> None:
    channel = ("red", "green", "blue").index(name)
    for source in (WHITE, BLACK):
        tinted = tint(source, name)
        assert (tinted.argmax(axis=2) == channel).all()
        others = np.delete(tinted, channel, axis=2)
        assert (tinted[..., channel] > 2 * others.max(axis=2)).all()
