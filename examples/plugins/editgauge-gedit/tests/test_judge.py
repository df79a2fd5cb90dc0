import math
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import MODEL, JudgeServer
from editgauge import Config, Reply, ScoreRequest
from editgauge.testing import check_reward_model
from PIL import Image

from editgauge_gedit.judge import GEditJudge


def config(server: JudgeServer, **change: Any) -> Config:
    keys = {"base_url": server.base_url, "model": MODEL, "key_variable": "JUDGE_KEY"}
    keys |= {"quality_prompt": "How real is it?"}
    return Config(**keys, concurrency=2, timeout=30.0, max_tokens=64, **change)


def request(edited: str, index: int = 0) -> ScoreRequest:
    images = (Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), edited))
    return ScoreRequest(id=str(index), index=index, images=images, system="", prompt="Is it done?")


@pytest.fixture
def judge(server: JudgeServer) -> Iterator[GEditJudge]:
    found = GEditJudge()
    found.load(config(server), "cpu")
    yield found
    found.close()


def score(judge: GEditJudge, *edited: str) -> list[Reply]:
    told: dict[int, Reply] = {}
    requests = [request(colour, index) for index, colour in enumerate(edited)]
    replies = judge.score(requests, told.__setitem__)
    assert [told[index] for index in range(len(edited))] == replies
    return replies


def test_it_keeps_what_a_reward_model_promises(server: JudgeServer) -> None:
    workers = {"devices": ["cpu"]}  # the model is served elsewhere
    config = {"type": "gedit-judge", "base_url": server.base_url, "model": MODEL}
    check_reward_model(config | {"workers": workers})


def test_each_sample_is_asked_about_twice(judge: GEditJudge, server: JudgeServer) -> None:
    (reply,) = score(judge, "blue")
    assert reply.value == 6  # SC min(9, 10), PQ min(9, 4)
    assert reply.text.startswith('{"SC": 9.0, "PQ": 4.0}\n')
    texts = [asked["messages"][0]["content"][-1]["text"] for asked in server.asked]
    pictures = [len(asked["messages"][0]["content"]) - 1 for asked in server.asked]
    assert (texts, pictures) == (["Is it done?", "How real is it?"], [2, 1])
    assert {asked["temperature"] for asked in server.asked} == {0}


def test_replies_have_the_order_of_the_requests(judge: GEditJudge) -> None:
    values = [reply.value for reply in score(judge, "blue", "red", "green", "red")]
    assert values == [6, 0, 6, 0]


@pytest.mark.parametrize("answer", ["fine", "[1, 2] or [2, 3]", '"score": [99, 1]', ""])
def test_an_answer_that_cannot_be_read_is_no_number(
    judge: GEditJudge, server: JudgeServer, answer: str
) -> None:
    server.answer = lambda _images: answer
    (reply,) = score(judge, "blue")
    assert reply.value is not None
    assert math.isnan(reply.value)
    assert answer in reply.text


def test_a_refusal_is_an_error_with_the_servers_words(
    judge: GEditJudge, server: JudgeServer
) -> None:
    server.answer = lambda _images: 503
    with pytest.raises(RuntimeError, match=r"answered 503: .*on purpose"):
        score(judge, "blue")


def test_the_key_comes_from_the_environment(
    judge: GEditJudge, server: JudgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUDGE_KEY", "secret")
    score(judge, "blue")
    assert set(server.keys) == {"Bearer secret"}


def test_a_server_that_is_not_there_or_has_not_the_model_is_found_early(
    server: JudgeServer,
) -> None:
    GEditJudge.check(config(server))
    other = Config(**{**config(server).to_dict(), "model": "another"})
    with pytest.raises(RuntimeError, match=f"has no model 'another'; it has {MODEL}"):
        GEditJudge.check(other)
    server.close()
    with pytest.raises(RuntimeError, match="does not answer as expected"):
        GEditJudge.check(config(server))
