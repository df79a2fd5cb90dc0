import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.workers.redaction import Redactor, secrets_of_environment

SECRET = "hf_0123456789abcdef"  # noqa: S105 - made up


def test_a_secret_is_replaced_in_text_and_in_all_of_a_frame() -> None:
    redactor = Redactor([SECRET])
    assert redactor.text(f"sent {SECRET}, twice {SECRET}!") == "sent ***, twice ***!"
    assert redactor.frame(
        {
            "kind": "ready",
            "details": {"token": SECRET, SECRET: 1, "list": [f"a{SECRET}", 1.5, None, True]},
        }
    ) == {"kind": "ready", "details": {"token": "***", "***": 1, "list": ["a***", 1.5, None, True]}}


def test_the_structure_of_the_protocol_stays_whatever_the_secret_is() -> None:
    redactor = Redactor(["edited", "editgauge"])
    frame = {"kind": "edited", "magic": "editgauge", "text": "edited"}
    assert redactor.frame(frame) == {"kind": "edited", "magic": "editgauge", "text": "***"}


@pytest.mark.parametrize("secret", ["", "on", "12345", "     ", "\n\n\n\n\n\n\n"])
def test_what_is_too_short_for_a_secret_is_left_alone(secret: str) -> None:
    text = f"score {secret} of 12345 on\n\n\n\n\n\n\n     "
    assert Redactor([secret]).text(text) == text
    stream = Redactor([secret]).stream()
    assert stream.feed(text.encode()) + stream.finish() == text.encode()


@pytest.mark.parametrize(
    "secret", ['qu"ote\\d p%ss', "geheim-schlüssel", "a\tb\x1bcdef", "päss wörd/&=?"]
)
def test_a_secret_is_found_as_different_writers_write_it(secret: str) -> None:
    redactor = Redactor([secret])
    for written in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe="")):
        assert redactor.text(f"[{written}]") == "[***]"


def test_each_line_of_a_long_secret_is_one() -> None:
    redactor = Redactor(["-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n"])
    assert redactor.text("error near MIIEvQIBADANBg") == "error near ***"
    assert redactor.text("  kqhkiG9w0BAQ\n") == "  ***\n"


def test_the_longest_of_two_secrets_is_replaced_whole() -> None:
    redactor = Redactor(["abcdef", "abcdefghij"])
    assert redactor.text("abcdefghij abcdef") == "*** ***"
    stream = redactor.stream()
    pieces = [stream.feed(piece) for piece in (b"abcdef", b"gh", b"ij abcdefg", b" ")]
    assert b"".join([*pieces, stream.finish()]) == b"*** ***g "


@pytest.mark.parametrize("cut", range(len(SECRET) + 1))
def test_a_secret_is_found_wherever_reading_cuts_it(cut: int) -> None:
    stream = Redactor([SECRET]).stream()
    whole = f"before {SECRET} after\n".encode()
    cut += len("before ")
    assert stream.feed(whole[:cut]) + stream.feed(whole[cut:]) == b"before *** after\n"


def test_a_whole_line_is_passed_on_at_once() -> None:
    stream = Redactor([SECRET]).stream()
    assert stream.feed(b"50 % done, wait\n") == b"50 % done, wait\n"
    assert stream.feed(b"unfinished hf") == b"unfinished "
    assert stream.finish() == b"hf"


def test_the_beginning_of_a_secret_at_the_very_end_does_not_stay() -> None:
    stream = Redactor([SECRET]).stream()
    assert stream.feed(b"killed while printing hf_012345678") == b"killed while printing "
    assert stream.finish() == b"***"


@given(
    st.lists(st.sampled_from([b"hf_0123456789abcdef", b"hf_", b"0123", b"\n", b"\xff", b"f"])),
    st.data(),
)
def test_pieces_give_the_same_as_the_whole(parts: list[bytes], data: st.DataObject) -> None:
    redactor = Redactor([SECRET, "hf_0123456789abc"])
    text = b"".join(parts) + b"\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    stream = redactor.stream()
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    fed = b"".join([*map(stream.feed, pieces), stream.finish()])
    assert fed.decode("latin-1") == redactor.text(text.decode("latin-1"))


@pytest.mark.parametrize("address", ["http://me:pass-word%21@proxy:3128", "me:pass-word!@proxy"])
def test_passwords_of_proxies_are_secrets(address: str) -> None:
    redactor = Redactor(secrets_of_environment({"HTTPS_PROXY": address}))
    shown = redactor.text(f"cannot reach {address} with pass-word!")
    assert "pass-word" not in shown
    assert "proxy" in shown


def test_what_is_no_secret_of_the_environment_stays() -> None:
    environment = {"PATH": "/usr/bin", "HF_HOME": "/models@home", "HF_TOKEN": SECRET, "A_KEY": "1"}
    assert secrets_of_environment(environment) == [SECRET]


def test_digests_are_left_whole_whatever_the_secret_is() -> None:
    digest = "abc123" + 58 * "0"
    redactor = Redactor(["abc123"])
    frame = {"kind": "edited", "image_sha256": digest, "sources_sha256": [digest, digest]}
    assert redactor.frame(frame) == frame
    assert redactor.frame({"kind": "edited", "image_sha256": "abc123", "error": digest}) == {
        "kind": "edited",
        "image_sha256": "***",
        "error": f"***{58 * '0'}",
    }


def test_of_a_reply_with_a_secret_both_readings_are_kept_and_no_worker_can_give_one() -> None:
    redactor = Redactor([SECRET])
    frame = {"kind": "reply", "text": f"7{SECRET}"}
    assert redactor.frame(frame) == {"kind": "reply", "text": "7***", "said": f"7{SECRET}"}
    assert redactor.frame({"kind": "reply", "text": "7", "said": "8"}) == {
        "kind": "reply",
        "text": "7",
    }
    assert "said" not in redactor.frame({"kind": "reply", "text": [SECRET]})


def test_long_variables_take_no_time() -> None:
    # With a pattern that begins anywhere in a word, this would take minutes.
    assert secrets_of_environment({"HF_LIST": "a1" * 2_000_000}) == []
