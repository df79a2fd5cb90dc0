import io
import json
import re
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\ufeffmark \u2060 joiner", r"\ufeffmark \u2060 joiner"),
        ("soft\xadhyphen", r"soft\xadhyphen"),
        ("fillers \u3164\uffa0\u115f", r"fillers \u3164\uffa0\u115f"),
        ("tags \U000e0041\U000e007f", r"tags \U000e0041\U000e007f"),
        ("note\ufff9a\ufffab\ufffb", r"note\ufff9a\ufffab\ufffb"),
        ("none \uffff \ufdd0 \U0010ffff", r"none \uffff \ufdd0 \U0010ffff"),
        ("a\u200db", r"a\u200db"),
        ("a\ufe0f", r"a\ufe0f"),
        ("é" + "\ufe01" * 3, "é\ufe01" + r"\ufe01" * 2),
        ("\u200d::error", r"\u200d::error"),
        ("#\u200d#[error]", r"#\u200d#[error]"),
        ("e" + "\u0301" * 10, "e" + "\u0301" * 8 + r"\u0301" * 2),
    ],
)
def test_what_no_one_sees_is_made_visible(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "👩‍🔬 👨‍👩‍👧‍👦 ❤️‍🔥 👍🏽 🇩🇪 1️⃣ #️⃣ ☕︎",
        "می‌خواهم",
        "क्‍ष",
        "葛󠄀城",
        "Việt Nam",
        "שָׁלוֹם",
        "\U0001fae8 and \ue000",
    ],
)
def test_what_writing_needs_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error file=a::gone", r"\x3a:error file=a::gone"),
        ("  \u3000::stop-commands::x", "  \u3000\\x3a:stop-commands::x"),
        ("##[error]gone", r"\x23#[error]gone"),
        ("a ##[group]b", r"a \x23#[group]b"),
        ("###[x]", r"#\x23#[x]"),
        ("##vso[task.setvariable variable=x]y", r"\x23#vso[task.setvariable variable=x]y"),
        ("##VSO[x]", r"\x23#VSO[x]"),
        ("see ##teamcity[message text='x']", r"see \x23#teamcity[message text='x']"),
        ("--- heading", r"\x2d-- heading"),
        ("+++ heading", r"\x2b++ heading"),
        ("~~~ heading", r"\x7e~~ heading"),
        ("^^^ +++", r"\x5e^^ +++"),
        ("std::vector, a :: b", "std::vector, a :: b"),
        ("## [heading] # --- ## x[1]", "## [heading] # --- ## x[1]"),
        ("---", "---"),
    ],
)
def test_what_build_systems_take_for_a_command_is_made_harmless(text: str, shown: str) -> None:
    assert clean(text) == shown
    assert clean(shown) == shown


def test_every_line_is_looked_at_for_commands() -> None:
    text = "fine\n::error::x\n\t::y\n--- z\n##[a]"
    assert clean(text, keep_newlines=True) == (
        "fine\n\\x3a:error::x\n\t\\x3a:y\n\\x2d-- z\n\\x23#[a]"
    )


def test_json_harms_neither_terminal_nor_build_system() -> None:
    text = "\x7f\x9b2J \u202e\u200b\ufeff ##[error] ##vso[x] \ud83d \U000e0041"
    line = dump_json({"text": text})
    assert clean(line) == line
    assert json.loads(line) == {"text": text}


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
    assert not re.search(r"^\s*::|##\[", shown)


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
