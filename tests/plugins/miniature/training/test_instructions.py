from collections import Counter, defaultdict
from itertools import product

import numpy as np
import pytest

from editgauge.plugins.miniature.training import foreign
from editgauge.plugins.miniature.training.edits import TINTS, WHOLE_PICTURE
from editgauge.plugins.miniature.training.instructions import (
    CATEGORIES,
    KINDS,
    LANGUAGES,
    REFERENCE_KINDS,
    WORDINGS,
    Edit,
    draw_wording,
    every_instruction,
    reword,
    say,
    write_carelessly,
)
from editgauge.plugins.miniature.training.scenes import COLOURS, SHAPES, SIDES


def every_edit() -> list[Edit]:
    """Return all that can be asked for at all."""
    edits = [Edit(kind=kind) for kind in WHOLE_PICTURE]
    edits += [Edit(kind="tint", colour=colour) for colour in TINTS]
    for shape, side in product(SHAPES, ("", *SIDES)):
        edits.append(Edit(kind="remove", shape=shape, side=side))
        edits += [
            Edit(kind="recolour", colour=colour, shape=shape, side=side) for colour in COLOURS
        ]
    return edits


def said(edit: Edit, *, held_out: bool) -> set[str]:
    """Return all wordings of an edit, in both languages."""
    return {
        say(edit, wording, language)
        for language, wordings in WORDINGS[edit.kind].items()
        for wording in (wordings.held_out if held_out else wordings.trained)
    }


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_kinds_are_those_of_the_tables() -> None:
    assert len(set(KINDS)) == len(KINDS)
    assert set(WORDINGS) == set(CATEGORIES) == set(KINDS)
    assert {*WHOLE_PICTURE, "tint", *REFERENCE_KINDS} == set(KINDS)


def test_every_kind_has_a_subset_of_re_edit() -> None:
    assert set(CATEGORIES.values()) == {
        "cultural",
        "physical",
        "causal",
        "referential",
        "environmental",
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_wordings_are_in_their_language_and_held_out_ones_are_apart(
    kind: str, language: str
) -> None:
    wordings = WORDINGS[kind][language]
    assert len(wordings.trained) >= 4
    assert wordings.held_out
    everything = [*wordings.trained, *wordings.held_out]
    assert len(set(everything)) == len(everything)
    assert {is_chinese(text) for text in everything} == {language == "zh"}


@pytest.mark.parametrize("kind", KINDS)
def test_wordings_say_what_is_asked_for(kind: str) -> None:
    wanted = {"colour": kind in ("tint", "recolour"), "object": kind in REFERENCE_KINDS}
    for wordings in WORDINGS[kind].values():
        for text in (*wordings.trained, *wordings.held_out):
            assert {name: f"{{{name}}}" in text for name in wanted} == wanted


def test_no_text_asks_for_two_things() -> None:
    meanings = defaultdict(set)
    for edit in every_edit():
        for text in said(edit, held_out=False) | said(edit, held_out=True):
            meanings[text.casefold()].add(edit)
    assert {text: edits for text, edits in meanings.items() if len(edits) > 1} == {}


def test_no_held_out_text_is_trained_for_any_edit() -> None:
    trained = {text.casefold() for text in every_instruction()}
    held_out = {text.casefold() for edit in every_edit() for text in said(edit, held_out=True)}
    assert not trained & held_out


def test_every_instruction_is_a_whole_sentence_that_some_edit_is_said_with() -> None:
    instructions = every_instruction()
    assert instructions == sorted(set(instructions))
    for text in instructions:
        assert not set("{}") & set(text)
        assert "  " not in text
        assert " ." not in text
        assert text == text.strip()
        assert text.endswith("。" if is_chinese(text) else ".")
    assert set(instructions) == set().union(*(said(edit, held_out=False) for edit in every_edit()))


@pytest.mark.parametrize(
    ("edit", "wording", "language", "text"),
    [
        (Edit(kind="night"), "Make it night.", "en", "Make it night."),
        (Edit(kind="tint", colour="red"), "Tint it {colour}.", "en", "Tint it red."),
        (Edit(kind="tint", colour="red"), "染成{colour}。", "zh", "染成红色。"),
        (Edit(kind="remove", shape="circle"), "Remove the {object}.", "en", "Remove the circle."),
        (
            Edit(kind="remove", shape="circle", side="middle"),
            "Remove the {object}.",
            "en",
            "Remove the circle in the middle.",
        ),
        (
            Edit(kind="recolour", colour="black", shape="square", side="left"),
            "把{object}变成{colour}。",
            "zh",
            "把左边的正方形变成黑色。",
        ),
    ],
)
def test_edit_is_said_in_both_languages(edit: Edit, wording: str, language: str, text: str) -> None:
    assert say(edit, wording, language) == text


@pytest.mark.parametrize("held_out", [False, True])
def test_drawn_wordings_are_all_of_their_list_and_no_others(*, held_out: bool) -> None:
    edit = Edit(kind="recolour", colour="green", shape="triangle", side="right")
    random = np.random.default_rng(0)
    drawn = {draw_wording(edit, random, held_out=held_out) for _ in range(300)}
    assert drawn == said(edit, held_out=held_out)


@pytest.mark.parametrize(("chinese", "expected"), [(0.0, {False}), (1.0, {True})])
def test_language_can_be_chosen(chinese: float, expected: set[bool]) -> None:
    random = np.random.default_rng(0)
    texts = [
        draw_wording(Edit(kind="fog"), random, held_out=False, chinese=chinese) for _ in range(30)
    ]
    assert {is_chinese(text) for text in texts} == expected


def test_foreign_instructions_are_apart_from_each_other_and_from_the_known_ones() -> None:
    both = (*foreign.TRAINED, *foreign.HELD_OUT)
    assert len(set(both)) == len(both)
    known = set().union(
        *(said(edit, held_out=held_out) for edit in every_edit() for held_out in (False, True))
    )
    assert not known & set(both)
    for texts in (foreign.TRAINED, foreign.HELD_OUT):
        assert {is_chinese(text) for text in texts} == {False, True}


def test_careless_spelling_changes_neither_words_nor_order() -> None:
    random = np.random.default_rng(0)
    spelt = {write_carelessly("Make the grey square red.", random) for _ in range(200)}
    assert {"make the gray square red", "Please make the grey square red."} <= spelt
    for text in spelt:
        words = text.lower().rstrip(".").replace("gray", "grey").removeprefix("please ")
        assert words == "make the grey square red"
    chinese = {write_carelessly("加上雪。", random) for _ in range(50)}
    assert chinese == {"加上雪。", "加上雪", "请加上雪。", "请加上雪"}


def test_other_nouns_are_used_for_the_picture() -> None:
    random = np.random.default_rng(0)
    assert {f"Darken the {noun}." for noun in ("picture", "photo", "image")} <= {
        reword("Darken the photo.", random) for _ in range(50)
    }
    assert "Make the image darker." in {reword("Make it darker.", random) for _ in range(50)}
    assert "把照片倒过来。" in {reword("把图片倒过来。", random) for _ in range(50)}


def test_words_that_say_little_are_left_out_and_no_others() -> None:
    random = np.random.default_rng(0)
    instruction = "Paint the circle on the left red."
    drawn = {reword(instruction, random) for _ in range(2000)}
    assert {instruction, "Paint circle left red."} <= drawn
    for text in drawn:
        known = [word for word in text.split(" ") if word in instruction.split(" ")]
        assert [word for word in known if word not in ("the", "on")] == [
            "Paint",
            "circle",
            "left",
            "red.",
        ]


def test_at_most_two_words_that_no_instruction_has_are_put_in() -> None:
    random = np.random.default_rng(0)
    instruction = "Paint the circle on the left red."
    listed = {
        word
        for edit in every_edit()
        for text in said(edit, held_out=False)
        for word in text.rstrip(".").split(" ")
    }
    put_in = Counter[int]()
    for _ in range(500):
        words = reword(instruction, random).split(" ")
        unknown = [word for word in words if word not in instruction.split(" ")]
        assert not listed & set(unknown)
        put_in[len(unknown)] += 1
    assert set(put_in) == {0, 1, 2}


def test_as_many_instructions_as_wanted_are_told_in_other_words() -> None:
    edit = Edit(kind="invert")
    random = np.random.default_rng(0)
    listed = said(edit, held_out=False)
    drawn = Counter(
        draw_wording(edit, random, held_out=False, reworded=0.5, chinese=0.0) for _ in range(1000)
    )
    assert 0.5 < sum(drawn[text] for text in listed) / 1000 < 0.75


def test_what_is_held_out_is_never_trained() -> None:
    random = np.random.default_rng(0)
    for edit in every_edit():
        drawn = {draw_wording(edit, random, held_out=False, reworded=1.0) for _ in range(60)}
        assert not drawn & said(edit, held_out=True)
