import io
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.text import clean, counted, did_you_mean, dump_json, nearest, shorten

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text", "plain text"),
        ("Grüße, 你好, 🙂 café", "Grüße, 你好, 🙂 café"),
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\rb\bc\x7f\0", r"a\rb\x08c\x7f\x00"),
        ("a\nb\tc", r"a\nb\tc"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("\u2066x\u2069\u200f\u061c", r"\u2066x\u2069\u200f\u061c"),
        ("one\u2028two\u2029three\x85", r"one\u2028two\u2029three\x85"),
        ("half \ud83d of a pair", r"half \ud83d of a pair"),
        ("", ""),
    ],
)
def test_what_could_harm_a_terminal_is_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_newlines_and_tabs_stay_if_asked_for() -> None:
    assert clean("a\n\tb\r\x1b", keep_newlines=True) == "a\n\tb\\r\\x1b"


@given(ANY_TEXT)
def test_cleaned_text_is_one_line_that_every_terminal_survives(text: str) -> None:
    shown = clean(text)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in shown)
    assert not any(unicodedata.bidirectional(char) in ("RLO", "LRO", "RLI") for char in shown)
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abc", 1, "…"), ("", 0, ""), ("ab", 0, "…")],
)
def test_shortened_text_says_that_it_was_cut(text: str, length: int, expected: str) -> None:
    assert shorten(text, length) == expected


def test_the_nearest_name_is_found_and_no_far_one() -> None:
    known = ["steps", "seed", "model"]
    assert nearest("stepz", known) == "steps"
    assert did_you_mean("stepz", known) == " Did you mean 'steps'?"
    assert nearest("quantisation", known) is None
    assert did_you_mean("quantisation", known) == ""
    assert nearest("anything", []) is None


def test_a_number_and_its_noun_agree() -> None:
    assert [counted(n, "sample") for n in (0, 1, 2, 12_345)] == [
        "0 samples",
        "1 sample",
        "2 samples",
        "12,345 samples",
    ]


@given(st.recursive(st.none() | st.booleans() | st.integers() | ANY_TEXT, st.lists, max_leaves=8))
def test_json_is_one_line_that_a_utf8_file_holds_and_gives_back(data: Any) -> None:
    line = dump_json(data)
    stored = io.BytesIO(line.encode("utf-8") + b"\n")
    assert [json.loads(part) for part in stored] == [data]


def test_json_keeps_letters_readable() -> None:
    assert dump_json({"text": "café 你好"}) == '{"text": "café 你好"}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_json_has_no_nan(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        dump_json({"score": [number]})
