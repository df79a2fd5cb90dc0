"""The instructions that the miniature editor knows: kinds, wordings, languages."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

KINDS = (
    "greyscale",
    "invert",
    "sepia",
    "tint",
    "darker",
    "brighter",
    "flip",
    "rotate",
    "recolour",
    "remove",
    "night",
    "snow",
    "fog",
)
"""What an instruction asks for; each has a list of wordings in `WORDINGS`."""

REFERENCE_KINDS = ("recolour", "remove")
"""Kinds that speak of an object, so they need a scene with known objects."""

CATEGORIES = {
    "greyscale": "cultural",
    "sepia": "cultural",
    "invert": "physical",
    "tint": "physical",
    "flip": "physical",
    "rotate": "physical",
    "darker": "causal",
    "brighter": "causal",
    "recolour": "referential",
    "remove": "referential",
    "night": "environmental",
    "snow": "environmental",
    "fog": "environmental",
}
"""The subset of RE-Edit that each kind comes nearest to."""

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Wordings:
    """How a kind is said, with the placeholders {colour} and {object} where it has them.

    Attributes:
        trained: what the models are trained on.
        held_out: what only the check uses.
    """

    trained: tuple[str, ...]
    held_out: tuple[str, ...]


WORDINGS: dict[str, dict[str, Wordings]] = {
    "greyscale": {
        "en": Wordings(
            (
                "Make it black and white.",
                "Turn the picture into greyscale.",
                "Remove all colour from the photo.",
                "Print it in an old newspaper, in black and white.",
                "Convert the image to grey tones.",
                "Make the photo grey.",
            ),
            ("Turn the photo black and white.", "Convert the picture to greyscale."),
        ),
        "zh": Wordings(
            ("把图片变成黑白。", "去掉所有颜色。", "转换成灰度图。", "变成黑白照片。"),
            ("把照片变成黑白。",),
        ),
    },
    "invert": {
        "en": Wordings(
            (
                "Invert the colours.",
                "Make a photographic negative.",
                "Turn the picture into a negative.",
                "Swap light and dark everywhere.",
                "Show it as a film negative.",
                "Invert the image.",
            ),
            ("Invert all colours of the photo.", "Turn the image into a film negative."),
        ),
        "zh": Wordings(
            ("反转颜色。", "做成负片。", "把图片反色。", "变成底片的样子。"),
            ("把图片变成负片。",),
        ),
    },
    "sepia": {
        "en": Wordings(
            (
                "Make it look like an old photograph.",
                "Give it sepia tones.",
                "Turn the photo into a brown sepia print.",
                "Show it as a picture from the nineteenth century.",
                "Age the photo, in sepia.",
                "Make the picture sepia.",
            ),
            ("Turn the picture into an old sepia photograph.", "Make it a sepia print."),
        ),
        "zh": Wordings(
            ("变成老照片。", "加上复古棕色调。", "做成怀旧的老照片。", "换成棕褐色调。"),
            ("把图片变成怀旧的老照片。",),
        ),
    },
    "tint": {
        "en": Wordings(
            (
                "Tint the picture {colour}.",
                "Put a {colour} filter over the photo.",
                "Light the scene with {colour} light.",
                "Give everything a {colour} tint.",
                "Look at it through {colour} glass.",
                "Colour the whole image {colour}.",
            ),
            ("Give the photo a {colour} tint.", "Put {colour} glass over the picture."),
        ),
        "zh": Wordings(
            (
                "给图片加上{colour}滤镜。",
                "把整张图染成{colour}。",
                "用{colour}的光照亮画面。",
                "透过{colour}玻璃看。",
            ),
            ("把整张图片加上{colour}滤镜。",),
        ),
    },
    "darker": {
        "en": Wordings(
            (
                "Make it darker.",
                "Lower the brightness.",
                "Show it after the lamps went out.",
                "Darken the photo.",
                "Reduce the light a lot.",
                "Make the picture much darker.",
            ),
            ("Make the photo darker.", "Darken the whole picture."),
        ),
        "zh": Wordings(
            ("调暗一点。", "降低亮度。", "让画面变暗。", "灯关了之后的样子。"),
            ("让图片变暗一点。",),
        ),
    },
    "brighter": {
        "en": Wordings(
            (
                "Make it brighter.",
                "Raise the brightness.",
                "Show it after the lamps were switched on.",
                "Brighten the photo.",
                "Expose it longer, so that it gets lighter.",
                "Make the picture much brighter.",
            ),
            ("Make the photo brighter.", "Brighten the whole picture."),
        ),
        "zh": Wordings(
            ("调亮一点。", "提高亮度。", "让画面变亮。", "灯打开之后的样子。"),
            ("让图片变亮一点。",),
        ),
    },
    "flip": {
        "en": Wordings(
            (
                "Flip it horizontally.",
                "Mirror the picture.",
                "Swap left and right.",
                "Show it in a mirror.",
                "Flip the photo from left to right.",
                "Mirror the image horizontally.",
            ),
            ("Mirror the photo from left to right.", "Flip the picture horizontally."),
        ),
        "zh": Wordings(
            ("水平翻转。", "左右镜像。", "把图片左右翻转。", "在镜子里看。"),
            ("把图片水平翻转。",),
        ),
    },
    "rotate": {
        "en": Wordings(
            (
                "Turn it upside down.",
                "Rotate the picture by 180 degrees.",
                "Rotate the photo half a turn.",
                "Stand the image on its head.",
                "Rotate it by 180 degrees.",
                "Turn the picture upside down.",
            ),
            ("Turn the photo upside down.", "Rotate the image by 180 degrees."),
        ),
        "zh": Wordings(
            ("旋转180度。", "上下颠倒。", "把图片倒过来。", "转半圈。"),
            ("把图片旋转180度。",),
        ),
    },
    "recolour": {
        "en": Wordings(
            (
                "Make the {object} {colour}.",
                "Paint the {object} {colour}.",
                "Change the colour of the {object} to {colour}.",
                "Turn the {object} {colour}.",
                "The {object} should be {colour}.",
                "Recolour the {object} in {colour}.",
            ),
            ("Change the {object} to {colour}.", "Paint the {object} in {colour}."),
        ),
        "zh": Wordings(
            (
                "把{object}变成{colour}。",
                "把{object}涂成{colour}。",
                "{object}的颜色改为{colour}。",
                "让{object}变成{colour}。",
            ),
            ("把{object}的颜色改为{colour}。",),
        ),
    },
    "remove": {
        "en": Wordings(
            (
                "Remove the {object}.",
                "Take the {object} away.",
                "Delete the {object} from the picture.",
                "Erase the {object}.",
                "The {object} should be gone.",
                "Show the scene without the {object}.",
            ),
            ("Take the {object} out of the picture.", "Erase the {object} from the scene."),
        ),
        "zh": Wordings(
            ("去掉{object}。", "删除{object}。", "把{object}拿走。", "擦掉{object}。"),
            ("把{object}去掉。",),
        ),
    },
    "night": {
        "en": Wordings(
            (
                "Make it night.",
                "Show the scene at night.",
                "Turn day into night.",
                "It is midnight now.",
                "Show it under moonlight.",
                "Change the time of day to night.",
            ),
            ("Show the picture at night.", "Turn the scene into night."),
        ),
        "zh": Wordings(
            ("变成夜晚。", "把白天变成黑夜。", "月光下的样子。", "现在是半夜。"),
            ("把图片变成夜晚。",),
        ),
    },
    "snow": {
        "en": Wordings(
            (
                "Add snow.",
                "Cover the ground with snow.",
                "Show it after a night of heavy snow.",
                "It has snowed.",
                "Make it winter, with snow.",
                "Let snow lie on everything below.",
            ),
            ("Show it covered with snow.", "Add snow on the ground."),
        ),
        "zh": Wordings(
            ("加上雪。", "地面盖满雪。", "下过大雪之后。", "变成下雪的冬天。"),
            ("地面加上雪。",),
        ),
    },
    "fog": {
        "en": Wordings(
            (
                "Add fog.",
                "Make it foggy.",
                "Hide the scene in thick fog.",
                "Show it on a foggy morning.",
                "Let mist cover everything.",
                "Fill the picture with fog.",
            ),
            ("Hide the picture in fog.", "Show the scene on a foggy day."),
        ),
        "zh": Wordings(
            ("加上雾。", "变成大雾天。", "让浓雾盖住画面。", "有雾的早晨。"),
            ("让画面加上浓雾。",),
        ),
    },
}

REWORDED = 0.5
"""How often the models learn from an instruction in other words than are listed."""

_CHINESE_COLOURS = {
    "red": "红色",
    "green": "绿色",
    "blue": "蓝色",
    "yellow": "黄色",
    "white": "白色",
    "black": "黑色",
}
_CHINESE_SHAPES = {"circle": "圆形", "square": "正方形", "triangle": "三角形"}
_CHINESE_SIDES = {"left": "左边", "middle": "中间", "right": "右边"}
_NOUNS = ("picture", "photo", "image")
_NOUN = re.compile(r"\b(picture|photo|image)\b")
_CHINESE_NOUNS = ("图片", "照片", "画面")
_CHINESE_NOUN = re.compile("|".join(_CHINESE_NOUNS))
_ENGLISH_SIDES = {"left": "on the left", "middle": "in the middle", "right": "on the right"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What an instruction asks for, without words.

    Attributes:
        kind: one of `KINDS`.
        colour: the new colour, for `tint` and `recolour`.
        shape: the object's shape, for `recolour` and `remove`.
        side: the object's side, where it is said; always, if its shape does not single it out.
    """

    kind: str
    colour: str = ""
    shape: str = ""
    side: str = ""


def say(edit: Edit, wording: str, language: str) -> str:
    """Return the instruction in words.

    Args:
        edit: what is asked for.
        wording: one of the kind's wordings.
        language: `en` or `zh`.
    """
    if language == "zh":
        colour = _CHINESE_COLOURS.get(edit.colour, "")
        thing = _CHINESE_SHAPES.get(edit.shape, "")
        if edit.side:
            thing = f"{_CHINESE_SIDES[edit.side]}的{thing}"
    else:
        colour = edit.colour
        thing = f"{edit.shape} {_ENGLISH_SIDES[edit.side]}" if edit.side else edit.shape
    return wording.format(colour=colour, object=thing)


def draw_wording(
    edit: Edit,
    random: np.random.Generator,
    *,
    held_out: bool,
    chinese: float = 0.35,
    reworded: float = 0.0,
) -> str:
    """Return an instruction for an edit, in words drawn at random.

    Args:
        edit: what is asked for.
        random: where chance comes from.
        held_out: whether to use the wordings that the models are not trained on.
        chinese: how often the instruction is Chinese.
        reworded: how often one that the models are trained on is changed by `reword`; it never
            becomes one that is held out.
    """
    language = LANGUAGES[int(random.random() < chinese)]
    wordings = WORDINGS[edit.kind][language]
    instruction = say(
        edit, _draw(wordings.held_out if held_out else wordings.trained, random), language
    )
    if held_out or not reworded or random.random() >= reworded:
        return instruction
    changed = reword(instruction, random)
    told = {say(edit, wording, language) for wording in wordings.held_out}
    return instruction if changed in told else changed


def reword(instruction: str, random: np.random.Generator) -> str:
    """Return an instruction with other nouns for the picture.

    English ones may lose words that say little, and gain words that mean nothing: so that those
    that the models do not know change little, too.
    """
    if not instruction.isascii():
        return _CHINESE_NOUN.sub(lambda _found: _draw(_CHINESE_NOUNS, random), instruction)
    text = _NOUN.sub(lambda _found: _draw(_NOUNS, random), instruction)
    noun = _draw(_NOUNS, random)
    if random.random() < 0.4:
        text = re.sub(r"\bit\b", f"the {noun}", text)
    if random.random() < 0.7:
        text = text.replace("the colours", _draw(("all colours", "all the colours"), random))
    if random.random() < 0.7:
        text = re.sub(r"(colours|brightness)\.$", rf"\1 of the {noun}.", text)
    words = text.split(" ")
    if random.random() < 0.5:
        words = [word for word in words if word not in _fillers() or random.random() < 0.6]
    for _ in range(int(random.integers(3))):
        words.insert(int(random.integers(len(words))), _draw(_unknown_words(), random))
    return " ".join(words)


@cache
def _unknown_words() -> tuple[str, ...]:
    """Return words that mean nothing: those of the listed instructions, with halves swapped."""
    text = " ".join(text for wordings in WORDINGS.values() for text in wordings["en"].trained)
    words = sorted(set(re.findall(r"[a-z]{4,}", text.lower())))
    return tuple(word[len(word) // 2 :] + word[: len(word) // 2] for word in words)


@cache
def _fillers() -> frozenset[str]:
    """Return the words that at least three kinds are told with, in small letters."""
    told = Counter(
        word
        for wordings in WORDINGS.values()
        for word in {word for text in wordings["en"].trained for word in text.split(" ")}
    )
    return frozenset(word for word, kinds in told.items() if kinds > 2 and word.islower())


def _draw(texts: Sequence[str], random: np.random.Generator) -> str:
    return texts[int(random.integers(len(texts)))]


def write_carelessly(instruction: str, random: np.random.Generator) -> str:
    """Return an instruction as people write it who have not read the list of wordings.

    That is without capitals, without its full stop, after a "please", in American spelling, or
    several of these.
    """
    if random.random() < 0.3:
        instruction = instruction.replace("olour", "olor").replace("grey", "gray")
    if random.random() < 0.5:
        instruction = instruction.rstrip(".。")
    if random.random() < 0.25:
        chinese = not instruction.isascii()
        please, rest = ("请", "") if chinese else ("Please ", instruction[0].lower())
        instruction = please + (instruction if chinese else rest + instruction[1:])
    return instruction.lower() if random.random() < 0.6 else instruction


def every_instruction() -> list[str]:
    """Return every instruction that the models are trained on, sorted."""
    edits = [Edit(kind=kind) for kind in KINDS if kind not in ("tint", *REFERENCE_KINDS)]
    edits += [Edit(kind="tint", colour=colour) for colour in ("red", "green", "blue")]
    for shape in _CHINESE_SHAPES:
        for side in ("", *_CHINESE_SIDES):
            edits.append(Edit(kind="remove", shape=shape, side=side))
            edits += [
                Edit(kind="recolour", colour=colour, shape=shape, side=side)
                for colour in _CHINESE_COLOURS
            ]
    return sorted(
        {
            say(edit, wording, language)
            for edit in edits
            for language, wordings in WORDINGS[edit.kind].items()
            for wording in wordings.trained
        }
    )
