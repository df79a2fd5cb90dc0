"""What the miniature judge learns from: results of an edit, right or not, and their judgement."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

from editgauge.plugins.miniature.training.edits import Picture
from editgauge.plugins.miniature.training.foreign import HELD_OUT, TRAINED
from editgauge.plugins.miniature.training.instructions import (
    KINDS,
    REFERENCE_KINDS,
    REWORDED,
    Edit,
    draw_wording,
)
from editgauge.plugins.miniature.training.pictures import from_image, to_image
from editgauge.plugins.miniature.training.scenes import COLOURS, SHAPES, SIDES
from editgauge.plugins.miniature.training.tasks import (
    VISIBLE,
    Source,
    difference,
    draw_task,
    possible_edits,
)

Damage = Literal["noise", "blur", "smear", "blocks"]

Outcome = Literal["done", "untouched", "blend", "half"] | Damage
"""`blend`: the whole picture, part of the way; `half`: a part of the picture, all of the way."""

BEST = 9.9
"""Score of a flawless result; not 10, so that the first digit says nearly everything."""

FOREIGN = 0.12
"""How often another instruction is beyond all known kinds."""

NOT_THIS = 0.4
"""Score of a changed picture whose instruction is beyond all known kinds."""

WRONG = 2.0
"""Greatest score of a result that is not what was asked for."""

WRONG_COLOUR = 4.5
"""Score of the right object in a wrong colour."""

_ODDS: dict[Outcome, float] = {
    "done": 0.50,
    "untouched": 0.12,
    "blend": 0.08,
    "half": 0.10,
    "noise": 0.05,
    "blur": 0.05,
    "smear": 0.05,
    "blocks": 0.05,
}

_ALIKE = (
    {"greyscale", "sepia", "tint"},
    {"flip", "rotate"},
    {"darker", "night"},
    {"brighter", "fog", "snow"},
    set(REFERENCE_KINDS),
)
"""Kinds that are easily taken for each other."""

_HARD = ("invert", "flip", "rotate", "recolour", "remove")

_SEEN = {
    "greyscale": "made grey",
    "invert": "inverted",
    "sepia": "made sepia",
    "darker": "made darker",
    "brighter": "made brighter",
    "flip": "mirrored",
    "rotate": "turned upside down",
    "remove": "removed",
    "night": "turned into night",
    "snow": "covered with snow",
    "fog": "filled with fog",
}

_FLAWS: dict[Damage, str] = {
    "noise": "noisy",
    "blur": "blurred",
    "smear": "smeared",
    "blocks": "broken into blocks",
}


FEATURES = (len(KINDS), len(COLOURS), len(SHAPES), len(SIDES), len(_ODDS))
"""How many kinds, colours, shapes, sides and outcomes there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an editor could have made.

    Attributes:
        source: the picture that was edited.
        edit: what was done.
        outcome: how well.
        amount: how much of the edit there is, or how strong the damage is; from 0 to 1.
        picture: the picture that came out.
    """

    source: Source
    edit: Edit
    outcome: Outcome
    amount: float
    picture: Picture


@dataclass(frozen=True, slots=True)
class Verdict:
    """The right judgement.

    Attributes:
        score: from 0 to 10.
        reason: one sentence.
    """

    score: float
    reason: str

    @property
    def reply(self) -> str:
        """What a judge should answer in words."""
        return f"{self.reason}\nScore: {self.score:.1f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An instruction that a result is judged by.

    Attributes:
        edit: what was asked for; of no kind, if it is beyond all known ones.
        instruction: the same in words.
        verdict: the right answer.
    """

    edit: Edit
    instruction: str
    verdict: Verdict


def draw_result(
    random: np.random.Generator, source: Source, edit: Edit, plain: float = 0.0
) -> Result:
    """Return a result of an edit, drawn at random: right, partly right, damaged or untouched.

    Args:
        random: where chance comes from.
        source: the picture to edit.
        edit: what is done.
        plain: how many results, as a share, are done whatever is drawn.
    """
    if random.random() < plain:
        return make_result(random, source, edit, "done")
    outcomes = list(_ODDS)
    drawn = outcomes[int(random.choice(len(outcomes), p=list(_ODDS.values())))]
    return make_result(random, source, edit, drawn)


def make_result(
    random: np.random.Generator, source: Source, edit: Edit, outcome: Outcome
) -> Result:
    """Return a result of an edit with a given outcome, as it comes out of an autoencoder."""
    target = source.target(edit)
    amount = 1.0
    if outcome == "done":
        # An editor seldom goes exactly all of the way.
        amount = 1.0 if random.random() < 0.5 else float(random.uniform(0.88, 1.0))
        picture = source.picture + np.float32(amount) * (target - source.picture)
    elif outcome == "untouched":
        picture = source.picture
    elif outcome == "blend":
        amount = float(random.uniform(0.3, 0.7))
        picture = source.picture + np.float32(amount) * (target - source.picture)
    elif outcome == "half":
        picture, amount = _half(random, source.picture, target)
    else:
        amount = float(random.uniform(0.1, 1.0))
        picture = _DAMAGES[outcome](random, target, amount)
    if random.random() < 0.9:
        picture = like_decoded(random, picture)
    whole = np.round(np.clip(picture, 0, 1) * 255) / 255
    return Result(
        source=source,
        edit=edit,
        outcome=outcome,
        amount=amount,
        picture=whole.astype(np.float32),
    )


def draw_question(
    random: np.random.Generator, result: Result, *, other: bool, held_out: bool = False
) -> Question:
    """Return the instruction that a result was made by, or another one, with the verdict.

    Args:
        random: where chance comes from.
        result: what is judged.
        other: ask for something else than what was done.
        held_out: use wordings that the models are not trained on.
    """
    if other and random.random() < FOREIGN:
        texts = HELD_OUT if held_out else TRAINED
        return Question(
            edit=Edit(kind=""),
            instruction=texts[int(random.integers(len(texts)))],
            verdict=judge_foreign(result),
        )
    edit = draw_other(random, result) if other else result.edit
    return Question(
        edit=edit,
        instruction=draw_wording(edit, random, held_out=held_out, reworded=REWORDED),
        verdict=judge_result(result, edit),
    )


def draw_results(
    random: np.random.Generator,
    *,
    width: int,
    height: int,
    held_out: bool = False,
    plain: float = 0.0,
    hard: float = 0.0,
) -> tuple[Result, Result]:
    """Return results of two different edits of one source, drawn at random.

    Args:
        random: where chance comes from.
        width: in pixels.
        height: in pixels.
        held_out: use photographs that the models are not trained on.
        plain: how many results, as a share, are done whatever is drawn.
        hard: how many tasks, as a share, are of one of the kinds that are learnt late.
    """
    kind = str(random.choice(_HARD)) if random.random() < hard else None
    task = draw_task(random, width=width, height=height, held_out=held_out, kind=kind)
    first = draw_result(random, task.source, task.edit, plain)
    second = draw_result(random, task.source, draw_other(random, first), plain)
    return first, second


def judge_result(result: Result, asked: Edit) -> Verdict:
    """Return the right judgement of a result by what was asked for."""
    source = result.source
    wanted = f"{_thing(source, asked)} should have been {_participle(asked)}."
    if result.outcome == "untouched":
        return Verdict(0.0, f"Nothing was changed; {wanted}")
    thing, seen = _thing(source, result.edit), _participle(result.edit)
    done = f"{thing[0].upper()}{thing[1:]} was {seen}"
    if not same_edit(source, asked, result.edit):
        if _wrong_colour(source, asked, result.edit):
            score = WRONG_COLOUR * _soundness(result)
        else:
            score = WRONG * _closeness(source.picture, result.picture, source.target(asked))
        return Verdict(round(score, 1), f"{done}; {wanted}")
    score = round(BEST * _soundness(result), 1)
    if result.outcome == "done":
        return Verdict(score, f"{done}, as asked.")
    if result.outcome == "blend" or result.outcome == "half":  # noqa: PLR1714 - mypy narrows these
        return Verdict(score, f"{done}, but only in part.")
    return Verdict(score, f"{done}, but the picture is {_FLAWS[result.outcome]}.")


def judge_foreign(result: Result) -> Verdict:
    """Return the right judgement by an instruction beyond all known kinds: it was not done."""
    if result.outcome == "untouched":
        return Verdict(0.0, "Nothing was changed.")
    thing = _thing(result.source, result.edit)
    done = f"{thing[0].upper()}{thing[1:]} was {_participle(result.edit)}"
    return Verdict(NOT_THIS, f"{done}; that was not asked for.")


def draw_other(random: np.random.Generator, result: Result) -> Edit:
    """Return an edit that a result was not made by and is not the same as, often much alike."""
    source, done = result.source, result.edit
    others = possible_edits(source, random)
    if done.kind == "recolour":
        item = source.find(done)[1]
        others += [replace(done, colour=name) for name in COLOURS if name != item.colour]
    others = [edit for edit in others if not same_edit(source, edit, done)]
    alike = [edit for edit in others if _alike(edit, done)]
    target = source.target(done)
    while True:
        among = alike if alike and random.random() < 0.5 else others
        edit = among[int(random.integers(len(among)))]
        wanted = source.target(edit)
        if min(difference(wanted, source.picture), difference(wanted, target)) >= VISIBLE:
            return edit
        # Another of the same look, such as a brighter and a foggy sky, would be unfair.
        others = [other for other in others if other != edit]
        alike = [other for other in alike if other != edit]


def same_edit(source: Source, one: Edit, other: Edit) -> bool:
    """Return whether two edits of a picture mean the same, however the object is named."""
    if (one.kind, one.colour) != (other.kind, other.colour):
        return False
    return one.kind not in REFERENCE_KINDS or source.find(one)[1] == source.find(other)[1]


def features_seen(result: Result) -> tuple[int, ...]:
    """Return what was done, as a number for each of `FEATURES`, or -100 where there is none."""
    outcome = list(_ODDS).index(result.outcome)
    if result.outcome == "untouched":
        return (-100, -100, -100, -100, outcome)
    edit = result.edit
    if edit.kind in REFERENCE_KINDS:
        item = result.source.find(edit)[1]
        edit = replace(edit, shape=item.shape, side=item.side)
    return (*features_asked(edit)[:4], outcome)


def features_asked(edit: Edit) -> tuple[int, ...]:
    """Return what is asked for, as a number for each of `FEATURES`, or -100 where there is none."""
    known = ((KINDS, edit.kind), (list(COLOURS), edit.colour), (SHAPES, edit.shape))
    numbers = [names.index(name) if name else -100 for names, name in (*known, (SIDES, edit.side))]
    return (*numbers, -100)


def like_decoded(random: np.random.Generator, picture: Picture) -> Picture:
    """Return a picture as a small autoencoder gives it back: softer, with a little noise.

    Of the size of 27 to 34 dB on photographs.
    """
    softness = random.uniform(0.02, 0.22)
    for axis in (0, 1):
        ahead, behind = np.roll(picture, 1, axis), np.roll(picture, -1, axis)
        picture = (1 - 2 * softness) * picture + softness * (ahead + behind)
    height, width = picture.shape[:2]
    knots = random.normal(0, 0.012, size=(2, 3, 5))
    down, across = (
        np.stack([np.interp(np.linspace(0, 4, size), range(5), run) for run in runs], axis=-1)
        for size, runs in zip((height, width), knots, strict=True)
    )
    noise = random.standard_normal(picture.shape, dtype=np.float32)
    shift = down[:, None] + across[None, :]
    faded = 0.5 + (picture - 0.5) * random.uniform(0.95, 1.02)
    return np.asarray(faded + shift + random.uniform(0.002, 0.02) * noise, dtype=np.float32)


def _soundness(result: Result) -> float:
    """Return what share of the best score a result has by its outcome alone."""
    if result.outcome == "done":
        return 1 - 0.6 * (1 - result.amount)
    if result.outcome in ("blend", "half"):
        return result.amount
    return 0.0 if result.outcome == "untouched" else 0.86 - 0.7 * result.amount


def _closeness(source: Picture, picture: Picture, target: Picture) -> float:
    """Return how far a picture has come from source to target: 0 for no nearer, 1 for there."""
    left = difference(picture, target) / max(difference(source, target), 1e-6)
    return max(0.0, 1.0 - left)


def _half(random: np.random.Generator, source: Picture, target: Picture) -> tuple[Picture, float]:
    """Return a picture of which only one side was edited, and how much of the change that is."""
    change = np.mean((target - source) ** 2, axis=2)
    axis = int(random.integers(2))
    share = np.cumsum(change.sum(axis=1 - axis)) / change.sum()
    # Between a third and two thirds of the change, so the edge may cut through an object.
    edge = int(np.searchsorted(share, random.uniform(0.3, 0.7))) + 1
    amount = float(share[edge - 1])
    first = np.arange(source.shape[axis]) < edge
    mask = first[:, None, None] if axis == 0 else first[None, :, None]
    if random.random() < 0.5:
        mask, amount = ~mask, 1 - amount
    return np.where(mask, target, source), min(max(amount, 0.2), 0.8)


def _noise(random: np.random.Generator, picture: Picture, strength: float) -> Picture:
    noise = random.standard_normal(picture.shape, dtype=np.float32)
    return np.clip(picture + np.float32(0.05 + 0.25 * strength) * noise, 0, 1)


def _blur(random: np.random.Generator, picture: Picture, strength: float) -> Picture:
    del random
    return from_image(to_image(picture).filter(ImageFilter.GaussianBlur(1.0 + 3.0 * strength)))


def _smear(random: np.random.Generator, picture: Picture, strength: float) -> Picture:
    smeared = picture.copy()
    height, width = picture.shape[:2]
    for _ in range(3):
        size = 0.2 + 0.35 * strength
        tall, wide = int(height * size), int(width * size)
        y, x = int(random.integers(height - tall)), int(random.integers(width - wide))
        part = smeared[y : y + tall, x : x + wide]
        part[:] = part.mean(axis=int(random.integers(2)), keepdims=True)
    return smeared


def _blocks(random: np.random.Generator, picture: Picture, strength: float) -> Picture:
    del random
    height, width = picture.shape[:2]
    edge = 4 + 10 * strength
    size = (max(2, round(width / edge)), max(2, round(height / edge)))
    small = to_image(picture).resize(size, Image.Resampling.BOX)
    return from_image(small.resize((width, height), Image.Resampling.NEAREST))


_DAMAGES: dict[Damage, Callable[[np.random.Generator, Picture, float], Picture]] = {
    "noise": _noise,
    "blur": _blur,
    "smear": _smear,
    "blocks": _blocks,
}


def _alike(one: Edit, other: Edit) -> bool:
    return any({one.kind, other.kind} <= kinds for kinds in _ALIKE)


def _wrong_colour(source: Source, asked: Edit, done: Edit) -> bool:
    return asked.kind == done.kind == "recolour" and source.find(asked)[1] == source.find(done)[1]


def _thing(source: Source, edit: Edit) -> str:
    if edit.kind not in REFERENCE_KINDS:
        return "the picture"
    item = source.find(edit)[1]
    return f"the {item.side} {item.shape}"


def _participle(edit: Edit) -> str:
    if edit.kind in ("tint", "recolour"):
        return f"{'tinted' if edit.kind == 'tint' else 'painted'} {edit.colour}"
    return _SEEN[edit.kind]
