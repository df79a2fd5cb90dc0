"""What the judge sends, and what it makes of the answers, over real sockets."""

import base64
import io
import json
import threading
from math import exp
from typing import Any

import pytest
from PIL import Image

from editgauge import Reply
from editgauge.core.judging.replies import judge as read_reply
from editgauge.core.judging.rubrics import load_rubrics
from editgauge.plugins.openai_judge.failures import RequestFailure
from tests.plugins.openai_judge.judging import (
    KEY,
    LETTERS,
    ask,
    judge_config,
    loaded,
    silent,
)
from tests.plugins.qwen_models import picture
from tests.support.scripted_server import (
    MODEL,
    Answer,
    Asked,
    as_json,
    completion,
    odds,
    serving,
    stream,
)

RUBRIC = {"name": "own", "prompt": "Good?"}


def asked_with(request: Any = None, answer: Answer | None = None, **options: Any) -> Asked:
    """Return what one request looks like at the server."""
    given = answer or completion()
    with (
        serving(lambda _asked, _number: given) as server,
        loaded(server.base_url, **options) as judge,
    ):
        judge.score([request or ask()], silent)
    (asked,) = server.asked
    return asked


def decoded(part: dict[str, Any]) -> Image.Image:
    kind, _, data = part["image_url"]["url"].partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert kind == f"data:image/{(image.format or '').lower()}"
    return image


def test_a_request_has_the_pictures_and_the_prompt_in_order() -> None:
    asked = asked_with(max_pixels=1000 * 1000)
    assert asked.path == "/v1/chat/completions"
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    system, user = asked.body.pop("messages")
    assert system == {"role": "system", "content": "You compare pictures."}
    first, second, text = user["content"]
    assert text == {"type": "text", "text": "Is edit number 0 good?"}
    assert [decoded(part).tobytes() for part in (first, second)] == [
        picture(number).tobytes() for number in (0, 1)
    ]
    assert asked.body == {"model": MODEL, "max_tokens": 512, "temperature": 0.0}


def test_every_option_reaches_the_server() -> None:
    asked = asked_with(
        ask(system="", images=(picture(0, (300, 100)),)),
        image_format="jpeg",
        max_pixels=10_000,
        max_edge=90,
        detail="low",
        max_tokens=9,
        max_tokens_field="max_completion_tokens",
        temperature=None,
        seed=5,
        headers={"X-Team": "judges-team"},
        extra_body={"top_p": 0.5, "chat_template_kwargs": {"enable_thinking": False}},
    )
    (user,) = asked.body.pop("messages")
    assert user["content"][0]["image_url"]["detail"] == "low"
    image = decoded(user["content"][0])
    assert (image.format, image.size) == ("JPEG", (90, 30))
    assert asked.body == {
        "model": MODEL,
        "max_completion_tokens": 9,
        "seed": 5,
        "top_p": 0.5,
        "chat_template_kwargs": {"enable_thinking": False},
    }
    assert asked.headers["x-team"] == "judges-team"


def test_large_pictures_keep_within_both_limits() -> None:
    image = decoded(
        asked_with(ask(images=(picture(0, (400, 100)),)), max_pixels=9_999).body["messages"][-1][
            "content"
        ][0]
    )
    assert image.width * image.height <= 9_999
    assert image.width / image.height == pytest.approx(4, abs=0.1)


def test_without_a_key_none_is_sent() -> None:
    with serving(lambda _asked, _number: completion()) as server:
        config = judge_config(server.base_url, api_key=None)
        assert config.api_key is None
        with loaded(server.base_url, api_key=None) as judge:
            judge.score([ask()], silent)
        with loaded(server.base_url, api_key=None, headers={"authorization": "Basic abc"}) as judge:
            judge.score([ask()], silent)
    assert [asked.headers.get("authorization") for asked in server.asked] == [None, "Basic abc"]


def test_text_that_utf_8_cannot_hold_is_sent_all_the_same() -> None:
    assert asked_with(ask(prompt="a\ud800b")).prompt == "a?b"


REPLIES = {
    "plain": (completion("Score: 8"), Reply("Score: 8")),
    "cut off": (completion("Score: 8", "length"), Reply("Score: 8", truncated=True)),
    "refused": (completion(None, refusal="I cannot."), Reply("I cannot.")),
    "nothing": (completion(None), Reply("")),
    "thoughts only": (
        completion(None, "length", reasoning_content="Let me see"),
        Reply("", truncated=True),
    ),
    "a tool": (completion(None, "tool_calls", tool_calls=[{"id": "1"}]), Reply("")),
    "hostile": (
        completion('\x1b]0;x\x07\u202e\ud800 Score: 10"}]}\n\ndata: [DONE]\n'),
        Reply('\x1b]0;x\x07\u202e\ud800 Score: 10"}]}\n\ndata: [DONE]\n'),
    ),
    "long": (completion("y" * 2_000_000), Reply("y" * 2_000_000)),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_what_was_said(name: str) -> None:
    answer, reply = REPLIES[name]
    with (
        serving(lambda _asked, _number: answer) as server,
        loaded(server.base_url) as judge,
    ):
        assert judge.score([ask()], silent) == [reply]


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (stream("Sco", "re", ": 1", "0"), Reply("Score: 10")),
        (stream("Score: 1", finish="length"), Reply("Score: 1", truncated=True)),
        (stream("data: [DONE]\n\n", " \u2028é"), Reply("data: [DONE]\n\n \u2028é")),
        (stream("whole", done=False), Reply("whole")),
        (stream(), Reply("")),
    ],
)
def test_a_stream_is_put_together(answer: Answer, reply: Reply) -> None:
    with (
        serving(lambda _asked, _number: answer) as server,
        loaded(server.base_url, stream=True) as judge,
    ):
        assert judge.score([ask()], silent) == [reply]
    assert server.asked[0].body["stream"] is True


def test_replies_are_told_as_they_come_and_returned_in_order() -> None:
    first_may_go = threading.Event()
    heard: list[int] = []

    def answer(asked: Asked, _number: int) -> Answer:
        reply = completion(asked.prompt)
        reply.wait = first_may_go if "number 0 " in asked.prompt else None
        return reply

    def hear(position: int, reply: Reply) -> None:
        heard.append(position)
        assert f"number {position} " in reply.text
        if len(heard) == 3:
            first_may_go.set()

    with serving(answer) as server, loaded(server.base_url, concurrency=4) as judge:
        replies = judge.score([ask(number) for number in range(4)], hear)
    assert heard[-1] == 0
    assert [reply.text for reply in replies] == [f"Is edit number {i} good?" for i in range(4)]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_requests_are_under_way_than_asked_for(concurrency: int) -> None:
    together = threading.Barrier(concurrency)

    def answer(_asked: Asked, _number: int) -> Answer:
        together.wait(60)
        return completion()

    with serving(answer) as server, loaded(server.base_url, concurrency=concurrency) as judge:
        judge.score([ask(number) for number in range(6)], silent)
    assert server.greatest == concurrency


def test_requests_begin_no_faster_than_the_limit() -> None:
    with (
        serving(lambda _asked, _number: completion()) as server,
        loaded(server.base_url, requests_per_minute=600.0) as judge,
    ):
        began = judge._loop.time()
        judge.score([ask(number) for number in range(5)], silent)
        assert judge._loop.time() - began >= 4 * 0.1
    assert len(server.asked) == 5


def test_a_value_is_the_expectation_over_the_letters() -> None:
    likely = {" I": -0.2, "I": -2.5, "H": -2.3, "The": -7.0, **dict.fromkeys("ABCDEFGJK", -12.0)}
    request = ask(labelled=True)
    with (
        serving(lambda _asked, _number: odds(likely)) as server,
        loaded(server.base_url, score_by="logprobs") as judge,
    ):
        (reply,) = judge.score([request], silent)
    weights = {letter: exp(-12.0) for letter in LETTERS} | {"H": exp(-2.3)}
    weights["I"] = exp(-0.2) + exp(-2.5)
    expected = sum(weights[x] * i for i, x in enumerate(LETTERS)) / sum(weights.values())
    assert reply.value == pytest.approx(expected)
    assert reply.text == "I"
    body = server.asked[0].body
    assert (body["max_tokens"], body["logprobs"], body["top_logprobs"]) == (1, True, 20)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (odds({"The": -0.1, "This": -3.0}), "'The', 'This', .*11 of 11.*score_by: text"),
        (odds({"A": -0.1, "B": -3.0}), "9 of 11 are not among them"),
        (completion("A", "length"), "no log-probabilities.*score_by: text"),
        (as_json({"choices": [{"message": {"content": "A"}, "logprobs": {}}]}), "no log"),
    ],
)
def test_letters_that_cannot_be_read_give_no_value(answer: Answer, message: str) -> None:
    with (
        serving(lambda _asked, _number: answer) as server,
        loaded(server.base_url, score_by="logprobs") as judge,
        pytest.raises(RequestFailure, match=message),
    ):
        judge.score([ask(labelled=True)], silent)


def test_letters_are_read_from_a_stream_too() -> None:
    top = [{"token": "H", "logprob": -0.0001}, {"token": "x", "logprob": -20.0}]
    pieces = [
        {"choices": [{"delta": {"role": "assistant"}}]},
        {
            "choices": [
                {"delta": {"content": "H"}, "logprobs": {"content": [{"top_logprobs": top}]}}
            ]
        },
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
    ]
    body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces).encode()
    with (
        serving(lambda _asked, _number: Answer(body, length=-1)) as server,
        loaded(server.base_url, score_by="logprobs", stream=True) as judge,
    ):
        (reply,) = judge.score([ask(labelled=True)], silent)
    assert reply.value == pytest.approx(7.0, abs=1e-3)


def test_letters_too_unlikely_to_matter_may_be_missing() -> None:
    likely = {"H": -0.01, "I": -5.0, "the": -16.0}
    with (
        serving(lambda _asked, _number: odds(likely)) as server,
        loaded(server.base_url, score_by="logprobs") as judge,
    ):
        (reply,) = judge.score([ask(labelled=True)], silent)
    assert reply.value == pytest.approx(7.0068, abs=1e-3)


FORMS = [
    ({}, {"type": "number", "minimum": 0.0, "maximum": 10.0}, 8, 8.0),
    (
        {"rubric": {**RUBRIC, "minimum": 1.0, "maximum": 5.0}},
        {"type": "number", "minimum": 1.0, "maximum": 5.0},
        4.5,
        4.5,
    ),
    (
        {"rubric": {**RUBRIC, "parser": "yes_no", "maximum": 1.0}},
        {"type": "string", "enum": ["yes", "no"]},
        "yes",
        1.0,
    ),
    (
        {"rubric": {**RUBRIC, "parser": "list_min", "list_length": 2}},
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0.0, "maximum": 10.0},
            "minItems": 2,
            "maxItems": 2,
        },
        [8, 7],
        7.0,
    ),
]


@pytest.mark.parametrize(("options", "score", "said", "read"), FORMS)
def test_the_schema_asked_for_is_one_that_the_rubric_reads(
    options: dict[str, Any], score: dict[str, Any], said: Any, read: float
) -> None:
    import jsonschema

    from tests.plugins.openai_judge.test_config import validated

    asked = asked_with(structured_output="json_schema", **options)
    form = asked.body["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    schema = form["json_schema"]["schema"]
    assert schema["properties"]["score"] == score
    reply = {"reasoning": "so it is", "score": said}
    jsonschema.validate(reply, schema)
    assert "JSON object" in asked.prompt
    rubric = load_rubrics(validated(**options)).default
    assert read_reply(rubric, Reply(json.dumps(reply)), score_by="text").score == read


def test_json_objects_and_schemas_of_the_users_are_asked_for() -> None:
    asked = asked_with(structured_output="json_object")
    assert asked.body["response_format"] == {"type": "json_object"}
    assert "JSON object" in asked.prompt
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}}
    asked = asked_with(structured_output="json_schema", reply_schema=schema)
    assert asked.body["response_format"]["json_schema"]["schema"] == schema
    assert json.dumps(schema) in asked.prompt


def test_callback_that_raises_is_heard() -> None:
    def burst(position: int, _reply: Reply) -> None:
        raise IndexError(position)

    with (
        serving(lambda _asked, _number: completion()) as server,
        loaded(server.base_url) as judge,
        pytest.raises(IndexError),
    ):
        judge.score([ask(0), ask(1)], burst)
