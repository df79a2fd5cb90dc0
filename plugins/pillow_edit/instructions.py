"""Reads the plain instructions, in English and Chinese, of the edit model `pillow`.

An instruction is taken apart into clauses, and each clause must be a wording of one operation as a
whole. So `make the sky brighter` is not taken for `brighter`, nor `do not blur it` for `blur`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator

from editgauge.plugins.pillow_edit.operations import OPERATIONS, TINTS

_JOINTS = re.compile(
    r"[,;.!\n&+、。]|\b(?:and then|and|then|after that|finally)\b|然后|接着|再|并且|并|最后"
)

_SPELLINGS = (
    (r"\bgr[ae]y(?:[ -]?scale)\b|\bblack[ -](?:and|&)[ -]white\b|\bmonochrome\b", "greyscale"),
    (r"\bgray", "grey"),
    (r"\bcolor", "colour"),
    (r"\b(?:counter|anti)[ -]?clockwise\b", "counterclockwise"),
    (r"\bupside-down\b", "upside down"),
    (r"\s*°|-degrees?\b| degree\b", " degrees"),
)

_PICTURE = r"(?:it|(?:the|this) (?:whole |entire )?(?:image|picture|photo|photograph))"
_QUARTER = r"(?: by)?(?: 90(?: degrees)?)?"

# What the picture is to be; `make it ...`, `turn the picture into ...` may stand before.
_LOOKS = {
    "greyscale": r"greyscale|grey|a greyscale (?:image|picture|photo)",
    "invert": r"inverted|(?:a )?negative",
    "flip vertically": r"upside down",
    "mirror": r"mirrored",
    "blur": r"blurry|blurred|blurrier",
    "sharpen": r"sharper",
    "brighter": r"brighter|lighter",
    "darker": r"darker",
    **{f"tint {name}": rf"{name}(?:d?ish)?" for name in TINTS},
}

# What is to be done; `…` is where the picture may be named.
_DEEDS = {
    "greyscale": r"desaturate …|remove (?:the|all) colours?(?: from …)?",
    "invert": r"invert …|invert (?:the|its|all) colours(?: of …)?",
    "flip vertically": r"flip …(?: vertically| upside down)?",
    "mirror": r"mirror …|flip … horizontally",
    "rotate right": rf"rotate …(?: to the)? right|rotate …{_QUARTER} clockwise"
    r"|rotate …(?: by)? 90 degrees(?: to the right)?|rotate …(?: by)? 270 degrees counterclockwise",
    "rotate left": rf"rotate …(?: to the)? left|rotate …{_QUARTER} counterclockwise"
    r"|rotate …(?: by)? 90 degrees to the left|rotate …(?: by)? 270 degrees(?: clockwise)?",
    "rotate 180 degrees": r"rotate …(?: by)? 180 degrees",
    "blur": r"blur …|add (?:a |some )?blur",
    "sharpen": r"sharpen …",
    "brighter": r"brighten …|lighten …|(?:increase|raise) the brightness(?: of …)?",
    "darker": r"darken …|(?:decrease|reduce|lower) the brightness(?: of …)?",
    "more contrast": r"(?:increase|raise) the contrast(?: of …)?|(?:add |give … )?more contrast",
    "less contrast": r"(?:decrease|reduce|lower) the contrast(?: of …)?|(?:give … )?less contrast",
    **{
        f"tint {name}": rf"tint … {name}|(?:add|give …) an? {name}(?:d?ish)? tint" for name in TINTS
    },
    "crop to a square": r"crop …(?: to a)? square",
}

_CHINESE_PICTURE = r"(?:这张|这幅|该|整张|整幅)?(?:图片|图像|照片|画面|图)"
_CHINESE_TINTS = {"red": "红", "green": "绿", "blue": "蓝", "yellow": "黄"}

_CHINESE = {
    "greyscale": r"灰度图?|黑白(?:图片|照片|图)?|灰色|去色|去掉颜色",
    "invert": r"反色|反相|负片|颜色反转|反转颜色",
    "flip vertically": r"(?:上下|垂直)(?:翻转|颠倒)",
    "mirror": r"镜像(?:翻转)?|(?:左右|水平)翻转",
    "rotate right": r"(?:顺时针|向右)旋转(?:90度|九十度)?|旋转90度",
    "rotate left": r"(?:逆时针|向左)旋转(?:90度|九十度)?",
    "rotate 180 degrees": r"旋转(?:180度|一百八十度)",
    "blur": r"(?:更)?模糊化?|虚化",
    "sharpen": r"锐化|更锐利|更清晰",
    "brighter": r"变亮|更亮|调亮|提亮|亮|(?:增加|提高)亮度",
    "darker": r"变暗|更暗|调暗|暗|(?:降低|减少)亮度",
    "more contrast": r"(?:增加|提高|增强)对比度",
    "less contrast": r"(?:降低|减少|减弱)对比度",
    **{
        f"tint {name}": rf"染{word}|变{word}|偏{word}|(?:染成)?{word}色调?"
        for name, word in _CHINESE_TINTS.items()
    },
    "crop to a square": r"裁剪?[成为]正方形",
}


class UnknownInstructionError(ValueError):
    """A part of an instruction is none that the edit model `pillow` knows."""


def read_instruction(text: str) -> list[str]:
    """Return the names of the operations that an instruction asks for, in its order.

    Args:
        text: clauses in English or Chinese, joined by commas, `and` or `then`.

    Raises:
        UnknownInstructionError: there is no clause, or one that is not known; says which one and
            names all that is known.
    """
    clauses = list(_clauses(text))
    if not clauses:
        raise UnknownInstructionError(f"the instruction is empty; {_KNOWN}")
    return [_operation(clause) for clause in clauses]


def _clauses(text: str) -> Iterator[str]:
    # Full-width letters, digits and commas become the plain ones.
    text = unicodedata.normalize("NFKC", text).lower()
    for spelling, ours in _SPELLINGS:
        text = re.sub(spelling, ours, text)
    for clause in _JOINTS.split(text):
        if words := " ".join(clause.split()):
            yield words


def _operation(clause: str) -> str:
    for name, wording in _wordings().items():
        if wording.fullmatch(clause) or wording.fullmatch(clause.replace(" ", "")):
            return name
    shown = clause if len(clause) <= 80 else f"{clause[:79]}…"
    raise UnknownInstructionError(
        f"{shown!r} is no instruction for the whole picture that 'pillow' knows; {_KNOWN}"
    )


_KNOWN = f"it knows: {', '.join(OPERATIONS)}; several can be joined by 'and' or 'then'"


@functools.cache
def _wordings() -> dict[str, re.Pattern[str]]:
    wordings = {}
    for name in OPERATIONS:
        # `blur …` is `blur` or `blur it`; the space belongs to what may be left out.
        english = re.sub(r" (of|from) …", rf" \1 {_PICTURE}", _DEEDS[name])
        english = english.replace(" …", f"(?: {_PICTURE})?")
        if name in _LOOKS:
            english += (
                rf"|(?:(?:make|turn|render) {_PICTURE}(?: look)?(?: to| into)? "
                rf"|(?:convert|change) {_PICTURE} (?:to|into) )?(?:{_LOOKS[name]})"
            )
        chinese = (
            rf"请?(?:[把将给对让使]?{_CHINESE_PICTURE})?"
            rf"(?:进行|变成|变为|变得|转成|转为|转换成|转换为|改成|改为|调成)?"
            rf"(?:{_CHINESE[name]})(?:{_CHINESE_PICTURE}|处理|效果|一点|一些)?"
        )
        wordings[name] = re.compile(rf"(?:please )?(?:{english})(?: please)?|{chinese}")
    return wordings
