from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.config.yaml_writing import yaml_lines
from editgauge.core.text import clean
from editgauge.core.yaml_loading import load_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(
        ["no", "Null", "~", "1e5", "0x1", "2026-11-23", "- a", "a: b", "#", "=", "<<"]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
)


@given(st.dictionaries(TEXT, VALUES, max_size=4), st.booleans())
def test_what_is_written_is_read_back(data: dict[str, Any], commented: bool) -> None:
    comments = dict.fromkeys(data, "from: a # comment\n") if commented else {}
    lines = [clean(line) for line in yaml_lines(data, comments)]
    assert load_yaml("\n".join(lines), source="lines") == (data or None)


def test_mappings_stand_below_each_other_and_comments_in_a_column() -> None:
    data = {"a": {"list": [1, "two", {"three": None}], "empty": {}}, "text": "two words"}
    assert yaml_lines(data, {"a": "one", "a.empty": "two"}) == [
        "a:           # one",
        "  list: [1, two, {three: null}]",
        "  empty: {}  # two",
        'text: "two words"',
    ]


@pytest.mark.parametrize("text", ["qwen-image-edit", "runs", "./a/b.yaml", "cuda", "~/x"])
def test_plain_words_have_no_quotes(text: str) -> None:
    assert yaml_lines({"key": text}, {}) == [f"key: {text}"]
