"""What the judge does when a server fails, over real sockets."""

import email.utils
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from editgauge import Reply
from editgauge.plugins.openai_judge.failures import RequestFailure, pause_before, retry_after
from editgauge.plugins.openai_judge.model import BatchFailure
from tests.plugins.openai_judge.judging import KEY, Shared, ask, loaded, shared, silent
from tests.support.scripted_server import Answer, Asked, as_json, completion, serving, stream

CUT = completion("Score: 9").body
TEMPORARY = {
    "429": as_json({"error": {"message": "slow down"}}, 429),
    "429 that says when": as_json({"error": {"message": "slow down"}}, 429, retry_after="0.01"),
    "500": as_json({"error": "out of order"}, 500),
    "503": Answer(b"<html>try later</html>", 503, {"content-type": "text/html"}),
    "408": as_json({}, 408),
    "cut before the body": Answer(status=0),
    "cut in the body": Answer(CUT[:40], length=len(CUT), cut=True),
    "ended in the body": Answer(CUT[:40], length=-1),
    "no JSON": Answer(b"{'choices': no}", headers={"content-type": "application/json"}),
    "HTML": Answer(b"<h1>welcome</h1>", headers={"content-type": "text/html"}),
    "a list": as_json([1, 2]),
    "another shape": as_json({"choices": [{"text": "Score: 9"}]}),
    "choices of another shape": as_json({"choices": ["Score: 9"]}),
    "no choices": as_json({"object": "chat.completion"}),
    "empty choices": as_json({"choices": []}),
    "content of another shape": completion(None, content=["Score: 9"]),
    "error with status 200": as_json({"error": {"message": "upstream is gone"}}),
    "an empty body": Answer(),
}


@pytest.fixture(scope="module")
def usual() -> Iterator[Shared]:
    with shared() as found:
        yield found


@pytest.fixture(scope="module")
def streaming() -> Iterator[Shared]:
    with shared(stream=True) as found:
        yield found


@pytest.mark.parametrize("name", TEMPORARY)
def test_a_failure_that_may_pass_is_tried_again(name: str, usual: Shared) -> None:
    def answer(_asked: Asked, number: int) -> Answer:
        return TEMPORARY[name] if number < 2 else completion("Score: 7")

    assert usual.score(answer) == [Reply("Score: 7")]
    assert len(usual.server.asked) == 3


WHOLE = stream("Score: ", "1").body
CUT_STREAMS = {
    "reset": stream("Score: ", "1", finish=None, done=False, cut=True),
    "ended": stream("Score: ", "1", finish=None, done=False),
    "ended as if it were whole": stream("Score: ", "1", finish=None, done=True),
    "in the middle of an event": Answer(WHOLE[: WHOLE.index(b'reason": "st') + 12], length=-1),
    "error in it": Answer(b'data: {"error": "out of memory"}\n\n', length=-1),
    "no JSON in it": Answer(b"data: Score: 1\n\n", length=-1),
}


@pytest.mark.parametrize("name", CUT_STREAMS)
def test_half_a_stream_is_never_a_reply(name: str, streaming: Shared) -> None:
    def answer(_asked: Asked, number: int) -> Answer:
        return CUT_STREAMS[name] if number < 2 else stream("Score: ", "1", "0", done=False)

    assert streaming.score(answer) == [Reply("Score: 10")]
    assert len(streaming.server.asked) == 3


PERMANENT = {
    "400": (as_json({"error": {"message": "too many images"}}, 400), "400 Bad Request: too many"),
    "401": (as_json({"error": {"message": f"wrong key {KEY}"}}, 401), r"wrong key \*\*\* \(check"),
    "403": (as_json({}, 403), "403 Forbidden"),
    "404": (as_json({"detail": "no such model"}, 404), "404 Not Found: no such model .*base_url"),
    "413": (Answer(b"", 413), "lower 'max_pixels'"),
    "422": (as_json({"detail": [{"loc": ["a"]}]}, 422), "422 .*loc"),
    "no money": (as_json({"error": {"message": "pay", "code": "insufficient_quota"}}, 429), "pay"),
    "filtered": (completion("Sco", "content_filter"), "content filter"),
    "another status": (Answer(b"", 499), "answered 499"),
}


@pytest.mark.parametrize("name", PERMANENT)
def test_a_failure_that_stays_is_told_at_once(name: str, usual: Shared) -> None:
    answer, message = PERMANENT[name]
    with pytest.raises(RequestFailure, match=message) as raised:
        usual.score(lambda _asked, _number: answer)
    assert len(usual.server.asked) == 1
    assert KEY not in str(raised.value)


def test_a_server_that_fails_for_ever_is_given_up_with_its_last_words() -> None:
    failing = as_json({"error": {"message": "out\nof \x1b[31morder\u202e"}}, 500)
    with (
        serving(lambda _asked, _number: failing) as server,
        loaded(server.base_url, max_retries=3) as judge,
        pytest.raises(RequestFailure) as raised,
    ):
        judge.score([ask()], silent)
    assert len(server.asked) == 4
    said = r"the server answered 500 Internal Server Error: out of \x1b[31morder\u202e"
    assert str(raised.value).startswith(f"{said} (given up after 4 tries in ")


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    hang = threading.Event()
    with (
        serving(lambda _asked, _number: Answer(wait=hang)) as server,
        loaded(server.base_url, timeout=0.2, max_retries=1) as judge,
    ):
        with pytest.raises(RequestFailure, match=r"0.2 s.*given up after 2 tries"):
            judge.score([ask()], silent)
        hang.set()
    assert len(server.asked) == 2


def test_a_server_that_drips_is_given_up_in_time() -> None:
    """Each byte comes in time; the reply does not."""
    drip = Answer(b" " * 100_000, drip=0.02)
    with (
        serving(lambda _asked, _number: drip) as server,
        loaded(server.base_url, timeout=0.3, max_retries=0) as judge,
    ):
        with pytest.raises(RequestFailure, match=r"no whole answer within 0\.3 s"):
            judge.score([ask()], silent)
        server.released.set()


def test_nobody_at_the_address_is_said() -> None:
    with serving(lambda _asked, _number: completion()) as server:
        pass
    with (
        loaded(server.base_url, max_retries=1) as judge,
        pytest.raises(RequestFailure, match=r"no connection.*given up after 2 tries"),
    ):
        judge.score([ask()], silent)


def test_no_sample_is_tried_longer_than_asked_for() -> None:
    busy = as_json({"error": {"message": "busy"}}, 429, retry_after="3600")
    with (
        serving(lambda _asked, _number: busy) as server,
        loaded(server.base_url) as judge,
        pytest.raises(RequestFailure, match=r"busy .*1 tries.* asks to wait 3600 s"),
    ):
        judge.score([ask()], silent)
    assert len(server.asked) == 1


def test_what_one_request_is_told_to_wait_all_wait() -> None:
    times: list[float] = []

    def answer(_asked: Asked, number: int) -> Answer:
        times.append(time.monotonic())
        busy = as_json({"error": {"message": "busy"}}, 429, retry_after="0.5")
        return busy if number == 0 else completion()

    with serving(answer) as server, loaded(server.base_url, concurrency=1) as judge:
        judge.score([ask(0), ask(1)], silent)
    assert len(times) == 3
    assert times[1] - times[0] >= 0.5


def test_a_server_that_died_costs_the_patience_of_one_sample_only() -> None:
    dead = as_json({}, 500)
    with (
        serving(lambda _asked, _number: dead) as server,
        loaded(server.base_url, max_retries=4, concurrency=1) as judge,
    ):
        with pytest.raises(BatchFailure, match=r"3 of 3 requests were given up.* 500 "):
            judge.score([ask(0), ask(1), ask(2)], silent)
        assert len(server.asked) == 5 + 1 + 1
        # The run then asks for each by itself: it is told what is known, and nothing is sent.
        for number in range(3):
            with pytest.raises(RequestFailure, match="500"):
                judge.score([ask(number)], silent)
        assert len(server.asked) == 7
        # One success, and there is patience again.
        server.answer = lambda _asked, number: completion() if number in (7, 10) else dead
        judge.score([ask(3)], silent)
        judge.score([ask(4)], silent)
    assert len(server.asked) == 11


def test_what_was_given_up_is_known_for_the_very_same_request_and_a_moment_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = as_json({"detail": "no"}, 400)
    with serving(lambda _asked, _number: refused) as server, loaded(server.base_url) as judge:
        for same in (True, False):
            with pytest.raises(BatchFailure):
                judge.score([ask(0), ask(1)], silent)
            asked = len(server.asked)
            # Another picture under the same id, as callers without a run may have.
            with pytest.raises(RequestFailure):
                judge.score([ask(0, images=ask(7).images)], silent)
            assert len(server.asked) == asked + 1
            if not same:
                monkeypatch.setattr("editgauge.plugins.openai_judge.given_up.time", Later())
            with pytest.raises(RequestFailure):
                judge.score([ask(0)], silent)
            assert len(server.asked) == asked + (1 if same else 2)


class Later:
    """The time in an hour."""

    def monotonic(self) -> float:
        return time.monotonic() + 3600


def test_a_request_that_fails_leaves_the_others_alone() -> None:
    heard: list[tuple[int, Reply]] = []

    def answer(asked: Asked, _number: int) -> Answer:
        return as_json({"detail": "no"}, 400) if "number 1 " in asked.prompt else completion()

    def hear(position: int, reply: Reply) -> None:
        heard.append((position, reply))

    with serving(answer) as server, loaded(server.base_url) as judge:
        with pytest.raises(BatchFailure, match="1 of 3 requests were given up"):
            judge.score([ask(0), ask(1), ask(2)], hear)
        assert judge.score([ask(5)], silent) == [Reply("Score: 7")]
    assert sorted(heard) == [(0, Reply("Score: 7")), (2, Reply("Score: 7"))]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_sent_where_a_server_points(status: int) -> None:
    with serving(lambda _asked, _number: completion()) as other:
        place = f"{other.base_url}/chat/completions"
        moved = Answer(b"", status, {"location": place})
        with (
            serving(lambda _asked, _number: moved) as server,
            loaded(server.base_url) as judge,
            pytest.raises(RequestFailure, match=rf"{status} .* to {place}, which is not followed"),
        ):
            judge.score([ask()], silent)
    assert len(server.asked) == 1
    assert other.asked == []


def test_a_response_without_end_is_not_kept() -> None:
    huge = Answer(b" " * (17 * 2**20))
    with (
        serving(lambda _asked, _number: huge) as server,
        loaded(server.base_url) as judge,
        pytest.raises(RequestFailure, match="longer than 16 MiB"),
    ):
        judge.score([ask()], silent)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "3", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_what_the_server_asks_to_wait_is_read(headers: Any, seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_to_wait_for_is_read() -> None:
    date = email.utils.formatdate(time.time() + 1000, usegmt=True)
    assert 900 < (retry_after({"retry-after": date}) or 0) <= 1000


@pytest.mark.parametrize("retry", range(1, 12))
def test_pauses_double_up_to_a_minute_and_differ(retry: int) -> None:
    longest = min(0.5 * 2 ** (retry - 1), 60.0)
    pauses = [pause_before(retry, 0.5) for _ in range(50)]
    assert all(longest / 2 <= pause <= longest for pause in pauses)
    assert len(set(pauses)) > 1
