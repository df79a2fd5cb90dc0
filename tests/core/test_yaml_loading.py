"""Reading YAML safely."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editgauge.core.yaml_loading import MAX_CHARACTERS, YamlError, load_yaml


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("# only a comment\n", None),
        ("a: 1\nb: [x, 2.5, true, null]\n", {"a": 1, "b": ["x", 2.5, True, None]}),
        (
            "a: yes\nb: no\nc: on\nd: off\ne: y",
            {"a": "yes", "b": "no", "c": "on", "d": "off", "e": "y"},
        ),
        ("no: 1", {"no": 1}),
        ("a: True\nb: FALSE\nc: tRue", {"a": True, "b": False, "c": "tRue"}),
        ("a: ~\nb:\nc: Null", {"a": None, "b": None, "c": None}),
        ("a: 2026-11-23\nb: 2026-11-23 10:00:00", {"a": "2026-11-23", "b": "2026-11-23 10:00:00"}),
        (
            "a: 1:30\nb: 007\nc: 0x1F\nd: 1_000",
            {"a": "1:30", "b": "007", "c": "0x1F", "d": "1_000"},
        ),
        ("a: 1e-4\nb: 1.\nc: .5\nd: -3\ne: +4", {"a": 1e-4, "b": 1.0, "c": 0.5, "d": -3, "e": 4}),
        ("a: .inf\nb: .nan\nc: nan", {"a": ".inf", "b": ".nan", "c": "nan"}),
        ("a: '1'\nb: \"true\"\nc: ''", {"a": "1", "b": "true", "c": ""}),
        ("a: |\n  one\n  two\nb: >\n  one\n  two\n", {"a": "one\ntwo\n", "b": "one two\n"}),
        ("- a\n- - b\n", ["a", ["b"]]),
        ("--- {a: 1}\n...\n", {"a": 1}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("a: ١٢", {"a": "١٢"}),
        ("devices: [[cuda:0, cuda:1], cpu]", {"devices": [["cuda:0", "cuda:1"], "cpu"]}),
    ],
)
def test_reads_what_was_written(text: str, expected: object) -> None:
    value = load_yaml(text, source="run.yaml")
    assert value == expected
    assert json.dumps(value) == json.dumps(expected), "types are the same, too"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "run.yaml, line 3, column 1: the key 'a' stands in line 1 already"),
        ("x: {a: 1, 'a': 2}", "the key 'a' stands in line 1 already"),
        ("a: &x 1\n", "line 1, column 4: the anchor &x is not accepted"),
        ("a: [1]\nb: *x\n", "line 2, column 4: the alias \\*x is not accepted"),
        ("a: !!python/object/apply:os.system [id]", "the tag .* is not accepted"),
        ("a: !!str 1", "the tag .* is not accepted"),
        ("a: ! 1", "the tag '!' is not accepted"),
        ("1: a", "line 1, column 1: a key must be text; put quotes around it"),
        ("true: a", "a key must be text"),
        ("~: a", "a key must be text"),
        ("? [a, b]\n: 1", "a key must be text"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: expected one document"),
        ("a: [1, 2\nb: 3", "line 2, column 2: no valid YAML"),
        ("a: b: c", "line 1, column 5: no valid YAML: mapping values are not allowed here"),
        ("\tx: 1", "no valid YAML"),
        ("a: 1\nb: \x07", r"line 2: the character U\+0007 is not allowed"),
        ("a: 1e999", "the number is too large; put quotes"),
        ("revision: 5e12345", "the number is too large; put quotes"),
        ("a: " + "9" * 5000, "the number is too large"),
        ("[" * 200 + "]" * 200, "nested deeper than 100 levels"),
        ("{a: " * 200 + "1" + "}" * 200, "nested deeper than 100 levels"),
        ("x" * (MAX_CHARACTERS + 1), "at most 1,000,000 are accepted"),
    ],
)
def test_refuses_and_says_where(text: str, message: str) -> None:
    with pytest.raises(YamlError, match=message):
        load_yaml(text, source="run.yaml")


def test_a_million_open_brackets_end_at_once() -> None:
    started = time.process_time()
    with pytest.raises(YamlError):
        load_yaml("[" * MAX_CHARACTERS, source="run.yaml")
    assert time.process_time() - started < 2.0


@given(
    st.text(
        alphabet=st.sampled_from("ab1.:-[]{}&*!|>'\"# \n\t?,%@`~\\\u2028\ud800\x00é"), max_size=60
    )
)
def test_any_text_gives_plain_data_or_a_yaml_error(text: str) -> None:
    message = "run.yaml"
    value = None
    try:
        value = load_yaml(text, source="run.yaml")
    except YamlError as error:
        message = str(error)
    assert message.startswith("run.yaml")
    assert json.dumps(value, allow_nan=False)


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(_PLAIN)
def test_json_is_read_as_json_reads_it(data: object) -> None:
    assert load_yaml(json.dumps(data, indent=1), source="run.yaml") == data
