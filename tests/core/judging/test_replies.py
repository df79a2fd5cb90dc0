"""Reading judges' replies."""

import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from editgauge.config_schemas.rubrics import RubricConfig
from editgauge.core.judging.replies import Judgement, judge
from editgauge.core.judging.reply_text import MAX_CHARACTERS
from editgauge.core.judging.rubrics import Rubric
from editgauge.core.models import Reply
from editgauge.core.outcomes import ScoreOutcome
from tests.core.judging.reply_tables import LISTS, OUT, SCORES, YES_NO


def rubric(parser: str = "score", **changes: object) -> Rubric:
    fields: dict[str, object] = {
        "prompt": "?",
        "parser": parser,
        "maximum": 1.0 if parser == "yes_no" else 10.0,
    }
    config = RubricConfig.model_validate(fields | changes)
    return Rubric(
        name="test",
        system="",
        prompt=config.prompt,
        images=("source", "edited"),
        parser=config.parser,
        minimum=config.minimum,
        maximum=config.maximum,
        list_length=config.list_length,
    )


def read(text: str, parser: str = "score", **changes: object) -> Judgement:
    return judge(rubric(parser, **changes), Reply(text), score_by="text")


def check(judgement: Judgement, expected: object) -> None:
    if expected is None or expected == OUT:
        outcome = ScoreOutcome.UNPARSED if expected is None else ScoreOutcome.OUT_OF_RANGE
        assert (judgement.outcome, judgement.score) == (outcome, None)
        assert judgement.reason
    else:
        assert judgement == Judgement(ScoreOutcome.OK, judgement.score)
        assert judgement.score == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("text", "expected"), SCORES)
def test_one_number_is_read_where_it_is_given_as_the_score(text: str, expected: object) -> None:
    check(read(text), expected)


@pytest.mark.parametrize(("text", "expected"), YES_NO)
def test_yes_and_no_are_read_where_they_are_the_answer(text: str, expected: object) -> None:
    check(read(text, "yes_no"), expected)


@pytest.mark.parametrize(("text", "expected"), LISTS)
def test_lists_are_read(text: str, expected: tuple[float, ...] | str | None) -> None:
    least = min(expected) if isinstance(expected, tuple) else expected
    mean = sum(expected) / len(expected) if isinstance(expected, tuple) else expected
    check(read(text, "list_min"), least)
    check(read(text, "list_mean"), mean)


def test_the_table_has_the_forms_once() -> None:
    texts = [text for text, _ in SCORES]
    assert len(texts) == len(set(texts)) >= 100


@pytest.mark.parametrize(
    ("text", "expected"), [("[8, 7]", 7.0), ("[8]", None), ("[8, 7, 6]", None)]
)
def test_a_list_of_another_length_is_not_read(text: str, expected: float | None) -> None:
    check(read(text, "list_min", list_length=2), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Score: 4/5", 4.0),
        ("4 out of 5", 4.0),
        ("Score: 8/10", None),
        ("Score: 0", OUT),
        ("6", OUT),
    ],
)
def test_the_range_is_the_rubrics(text: str, expected: object) -> None:
    check(read(text, minimum=1.0, maximum=5.0), expected)


def test_a_reason_says_what_was_given() -> None:
    assert read("Score: 3\nScore: 9").reason == "different scores are given: 3, 9"
    assert read("Score: 4/5").reason == "it gives 4 out of 5, where the greatest score is 10"
    assert read("Score: 12").reason == "12 is outside 0 to 10"
    assert read("").reason == "the reply is empty"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7.25, 7.25),
        (0.0, 0.0),
        (10.0, 10.0),
        (10.000001, 10.0),  # rounding of 32-bit floats
        (None, None),
        (math.nan, None),
        (math.inf, None),
        (10.1, OUT),
        (-0.1, OUT),
    ],
)
def test_by_logprobs_the_value_decides(value: float | None, expected: object) -> None:
    check(judge(rubric(), Reply("Score: 3", value), score_by="logprobs"), expected)


def test_a_measured_value_decides_over_the_text() -> None:
    check(judge(rubric(), Reply("Score: 3", 8.0), score_by="text"), 8.0)
    check(judge(rubric(), Reply("Score: 3", math.nan), score_by="text"), None)


_PIECES = st.sampled_from(
    (
        *('8[],"{}\n%.½-\ud800\x00\uff1a\uff18'),
        *("score", "Score: ", "7.5", "/10", " out of ", "10", "yes", "no", '{"score": ', "<think>"),
        *("</think>", "**", "1e9", "I give it ", "评分", "分", "not ", "if ", "NaN"),
    )
)
_REPLIES = st.text(max_size=200) | st.lists(_PIECES, max_size=20).map("".join)
_PARSERS = st.sampled_from(["score", "yes_no", "list_min", "list_mean"])


@settings(max_examples=500)
@given(_REPLIES, _PARSERS)
def test_any_text_gives_a_score_within_the_range_or_none(text: str, parser: str) -> None:
    judged = rubric(parser)
    judgement = judge(judged, Reply(text), score_by="text")
    if judgement.outcome is ScoreOutcome.OK:
        assert judgement.score is not None
        assert judged.minimum <= judgement.score <= judged.maximum
        assert judgement.reason == ""
    else:
        assert judgement.score is None
        assert judgement.reason


@given(_REPLIES, _PARSERS)
def test_a_score_is_never_made_of_nothing(text: str, parser: str) -> None:
    told = ("yes", "no") if parser == "yes_no" else "0123456789０１２３４５６７８９"  # noqa: RUF001 - full-width digits
    if not any(sign in text.lower() for sign in told):
        assert judge(rubric(parser), Reply(text), score_by="text").score is None


@given(st.integers(0, 1000), st.sampled_from(["Score: {}", "I give it {}/10.", '{{"score": {}}}']))
def test_every_score_is_read_exactly(thousandths: int, form: str) -> None:
    number = f"{thousandths / 100:.3f}"
    check(read(form.format(number)), float(number))


_UNITS = [
    *("{", "[", "*", "`", "1", "#", " ", "\n", "给", '{"', '{"a":', '{"score": [', "1 ", "1,"),
    *("Score: ", "score ", "8/10 ", "I give it ", "<think>", "</think>", "a:1\n", "[8, 7]\n"),
    *('{"score": 8}', "score (", "score of 8 if ", "it scores ", "yes ", "no. ", "scale of 1 to "),
]


@pytest.mark.parametrize("unit", _UNITS)
@pytest.mark.parametrize("parser", ["score", "yes_no", "list_min"])
def test_time_is_linear_in_the_length_of_a_hostile_reply(unit: str, parser: str) -> None:
    started = time.process_time()
    read(unit * (MAX_CHARACTERS // len(unit)), parser)
    assert time.process_time() - started < 5.0


def test_a_reply_beyond_the_limit_is_not_read() -> None:
    check(read("Score: 8" + " " * MAX_CHARACTERS), None)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("The cup is tilted.\nScore: 1", None),
        ("Score: 8\nThe reason is that the cup", 8.0),
        ("Score: 8", None),
        ("", None),
    ],
)
def test_the_last_line_of_a_reply_that_was_cut_off_is_not_read(
    text: str, score: float | None
) -> None:
    judgement = judge(rubric(), Reply(text, truncated=True), score_by="text")
    assert judgement.score == score
    assert (judgement.outcome is ScoreOutcome.OK) == (score is not None)
