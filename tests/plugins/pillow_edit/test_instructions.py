import pytest

from editgauge.plugins.pillow_edit.instructions import UnknownInstructionError, read_instruction
from editgauge.plugins.pillow_edit.operations import OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_name_of_an_operation_asks_for_it(name: str) -> None:
    assert read_instruction(name) == [name]
    assert read_instruction(f"  Please {name.upper()}. ") == [name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Convert the image to black and white.", ["greyscale"]),
        ("make it gray", ["greyscale"]),
        ("remove all color from the picture", ["greyscale"]),
        ("Invert the colors of this image", ["invert"]),
        ("turn it into a negative", ["invert"]),
        ("turn the photo upside down", ["flip vertically"]),
        ("please flip the picture horizontally", ["mirror"]),
        ("rotate it 90° clockwise", ["rotate right"]),
        ("Rotate the image by 90 degrees", ["rotate right"]),
        ("rotate 90 degrees anti-clockwise", ["rotate left"]),
        ("rotate the picture to the left", ["rotate left"]),
        ("rotate by 180 degrees", ["rotate 180 degrees"]),
        ("add some blur", ["blur"]),
        ("make the whole picture sharper", ["sharpen"]),
        ("increase the brightness", ["brighter"]),
        ("Make it darker!", ["darker"]),
        ("give it more contrast", ["more contrast"]),
        ("reduce the contrast of the image", ["less contrast"]),
        ("make it red", ["tint red"]),
        ("Give the picture a blue tint.", ["tint blue"]),
        ("crop it to a square", ["crop to a square"]),
    ],
)
def test_english_wordings(text: str, expected: list[str]) -> None:
    assert read_instruction(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("把图片变成黑白", ["greyscale"]),
        ("将照片转换为灰度图", ["greyscale"]),
        ("反转颜色", ["invert"]),
        ("上下翻转图片", ["flip vertically"]),
        ("将图像左右翻转", ["mirror"]),
        ("请将这张照片顺时针旋转９０度", ["rotate right"]),
        ("逆时针旋转 90 度", ["rotate left"]),
        ("旋转180度", ["rotate 180 degrees"]),
        ("模糊处理", ["blur"]),
        ("锐化图片", ["sharpen"]),
        ("让图片更亮一点", ["brighter"]),
        ("把画面调暗", ["darker"]),
        ("增加对比度", ["more contrast"]),
        ("降低对比度", ["less contrast"]),
        ("把图片染成红色", ["tint red"]),
        ("加一个蓝色", None),
        ("裁剪成正方形", ["crop to a square"]),
    ],
)
def test_chinese_wordings(text: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(UnknownInstructionError):
            read_instruction(text)
    else:
        assert read_instruction(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "convert it to black and white, then rotate it right and blur",
        "greyscale; rotate right; blur",
        "Greyscale and then rotate right, and blur the image",
        "变成黑白，然后向右旋转并模糊",  # noqa: RUF001 - a Chinese comma
    ],
)
def test_joined_instructions_keep_their_order(text: str) -> None:
    assert read_instruction(text) == ["greyscale", "rotate right", "blur"]


@pytest.mark.parametrize(
    "text",
    [
        "make the sky brighter",
        "do not blur it",
        "add a mirror",
        "rotate 45 degrees",
        "make the cat smile",
        "blur it and make the cat smile",
        "不要模糊",
        "把天空变亮",
        "increase the contrast of",
        "a" * 100_000,
    ],
)
def test_what_is_not_known_as_a_whole_is_refused_and_never_guessed(text: str) -> None:
    with pytest.raises(UnknownInstructionError) as caught:
        read_instruction(text)
    message = str(caught.value)
    assert "is no instruction for the whole picture that 'pillow' knows" in message
    assert all(name in message for name in OPERATIONS)
    assert len(message) < 600


def test_the_part_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownInstructionError, match=r"^'make the cat smile' is no instruction"):
        read_instruction("blur it, and make the cat smile")


@pytest.mark.parametrize("text", ["", " ... ", "and"])
def test_nothing_asked_for_is_an_error(text: str) -> None:
    with pytest.raises(UnknownInstructionError, match=r"^the instruction is empty; it knows:"):
        read_instruction(text)
