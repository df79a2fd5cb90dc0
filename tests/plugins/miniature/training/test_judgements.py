from dataclasses import replace

import numpy as np
import pytest

from editgauge.plugins.miniature.training.instructions import KINDS, WORDINGS, Edit
from editgauge.plugins.miniature.training.judgements import (
    BEST,
    WRONG,
    WRONG_COLOUR,
    Outcome,
    draw_other,
    draw_question,
    draw_results,
    judge_result,
    like_decoded,
    make_result,
    same_edit,
)
from editgauge.plugins.miniature.training.scenes import Item, Scene
from editgauge.plugins.miniature.training.tasks import Source, difference, draw_task


def item(shape: str, colour: str, side: str, x: float) -> Item:
    return Item(shape=shape, colour=colour, side=side, x=x, y=0.5, radius=0.15)


SCENE = Scene(
    items=(item("circle", "red", "left", 0.17), item("square", "blue", "right", 0.83)),
    above=(0.7, 0.6, 0.5),
    below=(0.4, 0.5, 0.4),
    horizon=0.6,
)
SOURCE = Source(picture=SCENE.draw(96, 96), scene=SCENE)
RECOLOUR = Edit(kind="recolour", colour="green", shape="circle")


def score(outcome: Outcome, done: Edit, asked: Edit, *, seed: int = 0) -> float:
    result = make_result(np.random.default_rng(seed), SOURCE, done, outcome)
    return judge_result(result, asked).score


@pytest.mark.parametrize("kind", KINDS)
def test_right_results_are_nearly_flawless_although_decoded(kind: str) -> None:
    random = np.random.default_rng(1)
    task = draw_task(random, width=96, height=96, kind=kind)
    result = make_result(random, task.source, task.edit, "done")
    verdict = judge_result(result, task.edit)
    assert 9 <= verdict.score <= BEST
    assert verdict.reason.endswith(", as asked.")
    assert verdict.reply.endswith(f"\nScore: {verdict.score:.1f}")


def test_untouched_source_is_worth_nothing_whatever_was_asked() -> None:
    assert score("untouched", RECOLOUR, RECOLOUR) == 0
    assert score("untouched", RECOLOUR, Edit(kind="flip")) == 0


@pytest.mark.parametrize("outcome", ["blend", "half"])
def test_partly_right_results_are_in_the_middle(outcome: Outcome) -> None:
    scores = [score(outcome, RECOLOUR, RECOLOUR, seed=seed) for seed in range(20)]
    assert 1.9 <= min(scores) < max(scores) <= 8


@pytest.mark.parametrize("outcome", ["noise", "blur", "smear", "blocks"])
def test_damage_costs_the_more_the_stronger_it_is(outcome: Outcome) -> None:
    results = [
        make_result(np.random.default_rng(seed), SOURCE, RECOLOUR, outcome) for seed in range(20)
    ]
    results.sort(key=lambda result: result.amount)
    scores = [judge_result(result, RECOLOUR).score for result in results]
    assert scores == sorted(scores, reverse=True)
    assert 1 < scores[-1] < 3
    assert 6 < scores[0] < 9


@pytest.mark.parametrize(
    ("done", "asked"),
    [
        (Edit(kind="flip"), Edit(kind="rotate")),
        (Edit(kind="tint", colour="red"), Edit(kind="tint", colour="blue")),
        (Edit(kind="remove", shape="circle"), Edit(kind="remove", shape="square")),
        (RECOLOUR, replace(RECOLOUR, shape="square")),
        (RECOLOUR, Edit(kind="remove", shape="circle")),
    ],
)
def test_another_instruction_gets_next_to_nothing(done: Edit, asked: Edit) -> None:
    assert score("done", done, asked) <= WRONG


def test_right_object_in_a_wrong_colour_is_half_right() -> None:
    assert 4 <= score("done", RECOLOUR, replace(RECOLOUR, colour="yellow")) <= WRONG_COLOUR


def test_object_named_with_or_without_its_side_is_the_same() -> None:
    assert same_edit(SOURCE, RECOLOUR, replace(RECOLOUR, side="left"))
    assert not same_edit(SOURCE, RECOLOUR, replace(RECOLOUR, shape="square"))


def test_reason_says_what_was_seen_and_what_was_asked_for() -> None:
    result = make_result(np.random.default_rng(0), SOURCE, RECOLOUR, "done")
    assert judge_result(result, Edit(kind="tint", colour="red")).reason == (
        "The left circle was painted green; the picture should have been tinted red."
    )


def test_other_instruction_asks_for_a_picture_that_looks_different() -> None:
    random = np.random.default_rng(3)
    for _ in range(30):
        for result in draw_results(random, width=64, height=64):
            other = draw_other(random, result)
            assert not same_edit(result.source, other, result.edit)
            wanted = result.source.target(other)
            assert difference(wanted, result.source.target(result.edit)) >= 0.05


def test_decoded_pictures_are_as_far_off_as_a_small_autoencoders() -> None:
    random = np.random.default_rng(4)
    pictures = [draw_task(random, width=96, height=96).source.picture for _ in range(40)]
    losses = [-20 * np.log10(difference(one, like_decoded(random, one))) for one in pictures]
    assert 26 < np.median(losses) < 34


def test_same_seed_draws_the_same() -> None:
    drawn = []
    for _ in range(2):
        random = np.random.default_rng(5)
        result, _ = draw_results(random, width=64, height=64, held_out=True)
        question = draw_question(random, result, other=True, held_out=True)
        drawn.append((result.picture.tobytes(), question.instruction, question.verdict))
    assert drawn[0] == drawn[1]


def test_half_of_the_trained_instructions_are_told_in_other_words() -> None:
    result = make_result(np.random.default_rng(0), SOURCE, Edit(kind="invert"), "done")
    random = np.random.default_rng(6)
    wordings = WORDINGS["invert"]

    def share(listed: str, *, held_out: bool) -> float:
        told = {text for language in wordings.values() for text in getattr(language, listed)}
        drawn = [
            draw_question(random, result, other=False, held_out=held_out).instruction
            for _ in range(400)
        ]
        return sum(text in told for text in drawn) / len(drawn)

    assert 0.45 < share("trained", held_out=False) < 0.75
    assert share("held_out", held_out=True) == 1
