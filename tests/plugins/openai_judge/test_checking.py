"""What is looked at before the first stage, over real sockets."""

from typing import Any

import pytest

from editgauge.plugins.openai_judge.failures import RequestFailure
from editgauge.plugins.openai_judge.model import OpenAIJudge
from tests.plugins.openai_judge.judging import KEY, judge_config
from tests.support.scripted_server import MODEL, Answer, as_json, completion, serving


def models(*entries: dict[str, Any]) -> Answer:
    return as_json({"object": "list", "data": list(entries)})


def look(listing: Answer, **options: Any) -> str:
    """Check a server of this listing, and return the judge's fingerprint."""
    with serving(lambda _asked, _number: completion()) as server:
        server.models = listing
        config = judge_config(server.base_url, **options)
        OpenAIJudge.check(config)
        fingerprint = OpenAIJudge.fingerprint(config)
    assert server.asked == []
    return fingerprint


def test_a_server_that_lists_the_model_is_good() -> None:
    entry = {"id": MODEL, "object": "model", "created": 1, "owned_by": "vllm", "root": "/m/a"}
    fingerprint = look(models({"id": "other"}, entry))
    assert fingerprint == f"id {MODEL}, root /m/a"
    assert look(models({**entry, "created": 2})) == fingerprint
    assert look(models({**entry, "root": "/m/b"})) != fingerprint


BAD = {
    "not listed": (
        models({"id": "a\x1b[1m"}, {"id": "b"}),
        r"does not list the model 'the-judge', but 'a\\\\x1b\[1m', 'b'.*check_server: answers",
    ),
    "nothing listed": (models(), "no model at all"),
    "wrong key": (as_json({"error": {"message": f"no {KEY}"}}, 401), r"401.*no \*\*\*.*api_key"),
    "wrong path": (Answer(b"<h1>not here</h1>", 404), "404 Not Found: <h1>.*base_url"),
    "out of order": (as_json({}, 500), "500 Internal Server Error"),
    "HTML": (Answer(b"<h1>welcome</h1>"), "no list of models.*welcome"),
    "another shape": (as_json({"models": []}), "no list of models"),
    "cut": (Answer(status=0), "no connection, or it was cut off"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_server_that_is_not_good_is_named_with_what_to_do(name: str) -> None:
    listing, message = BAD[name]
    with pytest.raises(RequestFailure, match=message) as raised:
        look(listing)
    assert "/v1/models" in str(raised.value)
    assert KEY not in str(raised.value)


def test_nobody_at_the_address_is_said_with_the_address() -> None:
    with serving(lambda _asked, _number: completion()) as server:
        pass
    with pytest.raises(RequestFailure, match=f"{server.base_url}/models: no connection"):
        OpenAIJudge.check(judge_config(server.base_url))


def test_less_is_looked_at_where_it_is_asked_for() -> None:
    assert look(models({"id": "other"}), check_server="answers") == ""
    assert look(models({"id": MODEL, "root": "a"}), check_server="answers").endswith("root a")
    assert look(as_json({}, 500), check_server="none") == ""
    with pytest.raises(RequestFailure, match="500"):
        look(as_json({}, 500), check_server="answers")
