import pytest
from PIL import Image, ImageStat

from editgauge.plugins.pillow_edit.operations import OPERATIONS
from tests.plugins.qwen_models import picture


def corners() -> Image.Image:
    """A picture of 2 x 3 pixels, whose corners are white, red, green and blue."""
    image = Image.new("RGB", (2, 3))
    for place, colour in [
        ((0, 0), "white"),
        ((1, 0), "red"),
        ((0, 2), "green"),
        ((1, 2), "blue"),
    ]:
        image.paste(colour, (*place, place[0] + 1, place[1] + 1))
    return image


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def brightness(image: Image.Image) -> float:
    return sum(ImageStat.Stat(image).mean)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_gives_another_rgb_picture_and_the_same_one_each_time(name: str) -> None:
    source = picture().rotate(30)
    before = source.tobytes()
    edited = OPERATIONS[name](source)
    assert edited.mode == "RGB"
    assert (edited.size, edited.tobytes()) != (source.size, before)
    assert OPERATIONS[name](source).tobytes() == edited.tobytes()
    assert source.tobytes() == before


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_takes_a_single_pixel(name: str) -> None:
    assert OPERATIONS[name](Image.new("RGB", (1, 1), "red")).size == (1, 1)


@pytest.mark.parametrize(
    ("name", "white_goes_to"),
    [
        ("flip vertically", (0, 2)),
        ("mirror", (1, 0)),
        ("rotate right", (2, 0)),
        ("rotate left", (0, 1)),
        ("rotate 180 degrees", (1, 2)),
    ],
)
def test_the_upper_left_corner_goes_where_it_belongs(
    name: str, white_goes_to: tuple[int, int]
) -> None:
    assert pixel(OPERATIONS[name](corners()), *white_goes_to) == (255, 255, 255)


def test_inversion_greyscale_and_tints_by_their_numbers() -> None:
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    assert pixel(OPERATIONS["invert"](red), 0, 0) == (0, 255, 255)
    assert pixel(OPERATIONS["greyscale"](red), 0, 0) == (76, 76, 76)
    assert pixel(OPERATIONS["tint blue"](red), 0, 0) == (153, 0, 102)


def test_light_contrast_and_sharpness_change_in_their_direction() -> None:
    source = picture().resize((200, 120))
    assert brightness(OPERATIONS["brighter"](source)) > brightness(source)
    assert brightness(OPERATIONS["darker"](source)) < brightness(source)

    def spread(image: Image.Image) -> float:
        return sum(ImageStat.Stat(image).stddev)

    assert spread(OPERATIONS["more contrast"](source)) > spread(source)
    assert spread(OPERATIONS["less contrast"](source)) < spread(source)
    edge = Image.new("RGB", (200, 200))
    edge.paste((128, 128, 128), (100, 0, 200, 200))
    assert 0 < pixel(OPERATIONS["blur"](edge), 100, 100)[0] < 128
    assert pixel(OPERATIONS["sharpen"](edge), 100, 100)[0] > 128


def test_a_square_is_cut_from_the_middle() -> None:
    wide = Image.new("RGB", (30, 10))
    wide.paste("white", (10, 0, 20, 10))
    square = OPERATIONS["crop to a square"](wide)
    assert square.size == (10, 10)
    assert set(square.get_flattened_data()) == {(255, 255, 255)}
