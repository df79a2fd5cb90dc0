"""Edits in, scores out: the outcomes of a run, and no number that nobody gave."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

import editgauge
from editgauge.core.judging.rubrics import Rubric, render
from tests.core.sessions.opened import open_editor, open_judge, picture

if TYPE_CHECKING:
    from editgauge.core.sessions.inputs import Picture


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notes")


@pytest.fixture(scope="module")
def judge(notes: Path) -> Iterator[editgauge.ScoreSession]:
    replies = {
        "silent": "I would rather not say.",
        "above": "Score: 11",
        "torn": "Score: 3\nScore: 4",
    }
    with open_judge(
        notes,
        batch_size=2,
        replies=replies,
        misbehave={"failing": "raise"},
        rubrics={"physics": "re-edit-physical"},
    ) as session:
        yield session


def edited(red: int) -> Image.Image:
    """An edit whose score the counting model gives by its red."""
    return Image.new("RGB", (8, 8), (red, 0, 0))


def test_scores_have_the_order_of_the_edits(judge: editgauge.ScoreSession) -> None:
    scores = judge.score(picture(), [edited(red) for red in (3, 0, 10, 7, 5)], "Make it night.")
    assert [score.score for score in scores] == [3.0, 0.0, 10.0, 7.0, 5.0]
    assert [score.position for score in scores] == [0, 1, 2, 3, 4]
    assert {score.outcome for score in scores} == {editgauge.ScoreOutcome.OK}
    assert {(score.rubric, score.minimum, score.maximum) for score in scores} == {
        ("general", 0, 10)
    }
    assert scores[0].reply == "A fair edit.\nScore: 3.0"


def test_a_call_fills_its_batches_in_order(judge: editgauge.ScoreSession, notes: Path) -> None:
    judge.score([picture()] * 5, picture(), "x", ids=list("abcde"))
    assert (notes / "batches.txt").read_text().splitlines()[-3:] == ["a b", "c d", "e"]


def test_what_has_no_score_has_its_reason(judge: editgauge.ScoreSession, tmp_path: Path) -> None:
    ids = ["fine", "silent", "above", "torn", "failing", "gone"]
    images: list[Picture | None] = [*[edited(4)] * 5, tmp_path / "gone.png"]
    scores = judge.score(picture(), images, "x", ids=ids)
    outcomes = ["ok", "unparsed", "out_of_range", "unparsed", "failed", "failed"]
    assert [score.outcome for score in scores] == outcomes
    assert [score.score for score in scores] == [4.0, None, None, None, None, None]
    assert [bool(score.reason) for score in scores] == [False, *[True] * 5]
    assert scores[1].reply == "I would rather not say."
    assert (scores[4].reply, scores[4].reason) == (None, "RuntimeError: told to raise")
    assert "gone.png cannot be read" in scores[5].reason


def test_a_category_chooses_its_rubric(judge: editgauge.ScoreSession) -> None:
    scores = judge.score(picture(), edited(4), "x", categories=["physics", "other"])
    assert [score.outcome for score in scores] == ["ok", "ok"]
    assert [score.rubric for score in scores] == ["re-edit-physical", "general"]


def test_an_edit_that_failed_is_not_judged(judge: editgauge.ScoreSession, tmp_path: Path) -> None:
    with open_editor(tmp_path, misbehave={"failing": "raise"}) as editor:
        results = editor.edit([picture()] * 2, "x", ids=["good", "failing"], seeds=[9, 9])
        scores = judge.score(picture(), [*results, None], "x")
    assert [score.outcome for score in scores] == ["ok", "not_edited", "not_edited"]
    assert [score.score for score in scores] == [9.0, None, None]
    assert "told to raise" in scores[1].reason
    assert {score.attempt for score in scores[1:]} == {0}


def test_what_is_told_of_a_sample_reaches_the_prompt(
    judge: editgauge.ScoreSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, ...]] = []

    def rendering(rubric: Rubric, sample: editgauge.Sample, **options: Any) -> object:
        told.append((sample.instruction, sample.category, sample.description, sample.rationale))
        return render(rubric, sample, **options)

    monkeypatch.setattr("editgauge.core.run.score_stage.render", rendering)
    judge.score(picture(), picture(), "do", categories="c", descriptions="d", rationales="r")
    assert set(told) == {("do", "c", "d", "r")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([picture()] * 2, [picture()] * 3, "x"), "2 sources, 3 edited"),
        ((picture(), 7, "x"), "'edited' should be images of Pillow, paths"),
        ((None, picture(), "x"), "'sources' should be images .* got None"),
        ((picture(), picture(), None), "'instructions' should be texts, got NoneType"),
    ],
)
def test_wrong_arguments_are_refused(
    judge: editgauge.ScoreSession, arguments: tuple[Any, Any, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        judge.score(*arguments)


def test_a_judge_of_edits_alone_needs_no_sources(tmp_path: Path) -> None:
    with open_judge(tmp_path, judge_images="edited") as judge:
        (score,) = judge.score(None, edited(6), "x")
    assert score.score == 6.0
