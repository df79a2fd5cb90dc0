import dataclasses
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.samples import Sample, safe_name

HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:\\x",
    "nul",
    "con.png",
    "-rf",
    "a\0b",
    "a\nb",
    "\x1b[2J",
    "half \ud83d",
    "你好",
    "é" * 1000,
    "x" * 100_000,
    " ",
    "~",
    "$(reboot)",
    ".hidden",
]


@pytest.mark.parametrize("sample_id", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_no_id_leaves_the_folder_or_troubles_the_file_system(sample_id: str) -> None:
    name = safe_name(sample_id)
    assert re.fullmatch(r"[a-z0-9_][a-z0-9_-]*", name)
    assert 20 <= len(name) <= 48 + 1 + 20


def test_hostile_ids_keep_apart() -> None:
    assert len({safe_name(sample_id) for sample_id in HOSTILE}) == len(HOSTILE)


@given(st.text(st.characters(exclude_categories=())))
def test_any_id_gives_a_plain_file_name(sample_id: str) -> None:
    assert re.fullmatch(r"[a-z0-9_-]+", safe_name(sample_id))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A", "a"),
        ("a b", "a-b"),
        ("a/b", "a_b"),
        ("x" * 48 + "1", "x" * 48 + "2"),
        ("é", "e\u0301"),
    ],
)
def test_ids_that_look_alike_keep_apart_even_where_case_is_ignored(one: str, other: str) -> None:
    assert safe_name(one).lower() != safe_name(other).lower()


def test_a_name_is_recognisable_and_stays_the_same() -> None:
    assert safe_name("Coffee cup/12.png") == "coffee-cup-12-png-5091bd18883875ae8960"


def test_a_sample_cannot_be_changed() -> None:
    sample = Sample(id="a", index=0, images=("a.png",), instruction="x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        sample.index = 1  # type: ignore[misc]


def test_ids_whose_digests_begin_alike_keep_apart() -> None:
    # Found by trying a million: without ASCII letters, only the digest tells them apart.
    one, other = (chr(0x4FC0) + chr(0x4E5C) + chr(0x4E01), chr(0x5117) + chr(0x5142) + chr(0x4E00))
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (one, other)]
    assert digests[0][:10] == digests[1][:10]
    assert safe_name(one) != safe_name(other)
