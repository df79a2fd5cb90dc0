import pytest

from editgauge_gedit.scores import (
    UnreadableError,
    from_reply,
    overall,
    read_two_numbers,
    to_reply,
)


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ('{"reasoning": "good", "score": [8, 9]}', (8, 9)),
        ('```json\n{"score" : [ 0 , 10 ], "reasoning": "..."}\n```', (0, 10)),
        ("score: [7.5, 6]", (7.5, 6)),
        ("I give [3, 4].", (3, 4)),
        ('At [12, 40] there is a seam. {"score": [5, 6]}', (5, 6)),
        ('{"score": [5, 6]} As I said, "score": [5, 6].', (5, 6)),
    ],
)
def test_two_numbers_are_read(answer: str, numbers: tuple[float, float]) -> None:
    assert read_two_numbers(answer) == numbers


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("", "got no list"),
        ("8 and 9", "got no list"),
        ("[8]", "got no list"),
        ("[8, 9, 10]", "got no list"),
        ("[8, 9] or [7, 7]", "got 2 different lists"),
        ('"score": [11, 3]', "from 0 to 10, got 11 and 3"),
        ('"score": [-1, 3]', "from 0 to 10, got -1 and 3"),
    ],
)
def test_nothing_is_guessed(answer: str, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        read_two_numbers(answer)


def test_the_score_is_the_root_of_the_product_of_the_lesser_numbers() -> None:
    assert overall((9, 10), (4, 8)) == 6
    assert overall((0, 10), (10, 10)) == 0
    assert overall((10, 10), (10, 10)) == 10


def test_the_parts_come_back_from_a_reply() -> None:
    assert from_reply(to_reply((9, 10), (8, 4)) + "\nconsistency: [3, 3]") == (9, 4)


@pytest.mark.parametrize("reply", ["", "8", "[8, 9]", '{"SC": 3}', '{"SC": null, "PQ": 1}', "{"])
def test_replies_of_other_judges_have_no_parts(reply: str) -> None:
    assert from_reply(reply) is None
