"""What is looked at before the first stage, over real sockets."""

import importlib
import sys
from typing import Any

import pytest

from editgauge.plugins.openai_judge import client_library
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
    "wrong key": (
        as_json({"error": {"message": f"no {KEY}"}}, 401),
        r"401.*no \*\*\*.*'api_key_variable' names\)\)$",
    ),
    "forbidden": (as_json({}, 403), "403 Forbidden.*the key may not use this model.*from here\\)$"),
    "wrong path": (
        Answer(b"<h1>not here</h1>", 404),
        "404 Not Found: <h1>.*'base_url'.*lists no models, 'check_server: none'",
    ),
    "out of order": (as_json({}, 500), "500 Internal Server Error: {}; the server is there, but"),
    "HTML": (Answer(b"<h1>welcome</h1>"), "no list of models.*welcome.*base_url.*check_server"),
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
    message = f"{server.base_url}/models: no connection.*; start the server, or mend 'base_url'$"
    with pytest.raises(RequestFailure, match=message):
        OpenAIJudge.check(judge_config(server.base_url))


def test_a_server_that_does_not_answer_in_time_is_not_said_to_be_gone() -> None:
    with serving(lambda _asked, _number: completion()) as server:
        server.models = Answer(b"{}", drip=30.0)
        with pytest.raises(RequestFailure, match=r"within 0\.3 s; the server may be busy"):
            OpenAIJudge.check(judge_config(server.base_url, timeout=0.3))
        server.released.set()


@pytest.mark.parametrize("options", [{}, {"api_key_variable": "JUDGE_KEY"}])
def test_that_no_key_was_sent_is_said_with_the_variable(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str]
) -> None:
    variable = options.get("api_key_variable", "OPENAI_API_KEY")
    monkeypatch.delenv(variable, raising=False)
    message = rf"401 .*no key was sent: .*environment variable {variable} .*is not set"
    with pytest.raises(RequestFailure, match=message) as raised:
        look(as_json({}, 401), api_key=None, **options)
    assert "check the key" not in str(raised.value)


def test_an_error_without_end_is_read_in_part() -> None:
    with pytest.raises(RequestFailure, match=r"500 .*x … \(65,536 characters\)"):
        look(Answer(b"x" * (17 * 2**20), 500))


def test_a_client_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(sys.modules, client_library.__name__)
    with pytest.raises(ImportError, match="openai") as raised:
        importlib.import_module(client_library.__name__)
    assert "pip install 'editgauge[openai]'" in str(raised.value)
    assert f"{sys.executable} -m pip install openai" in str(raised.value)


def test_less_is_looked_at_where_it_is_asked_for() -> None:
    assert look(models({"id": "other"}), check_server="answers") == ""
    assert look(models({"id": MODEL, "root": "a"}), check_server="answers").endswith("root a")
    assert look(as_json({}, 500), check_server="none") == ""
    with pytest.raises(RequestFailure, match="500"):
        look(as_json({}, 500), check_server="answers")
