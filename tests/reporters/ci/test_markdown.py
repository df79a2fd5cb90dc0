"""Text from outside in Markdown."""

import html
import re

import pytest

from editgauge.core.text import clean
from editgauge.reporters.ci.markdown import as_code, as_text, table
from tests.hostile.texts import CORPUS, SHORT, harm_in


@pytest.mark.parametrize("name", SHORT)
def test_text_is_shown_as_it_is_cleaned(name: str) -> None:
    shown = html.unescape(as_text(SHORT[name], 5_000))
    assert shown == " ".join(clean(SHORT[name]).split())


@pytest.mark.parametrize("name", CORPUS)
def test_text_stays_in_its_cell(name: str) -> None:
    written = as_text(CORPUS[name], 300)
    assert harm_in(written) == []
    (_, _, row) = table(("a", "b"), [(written, "x")], numbers=1)
    assert row.count("|") == 3
    assert "\n" not in row


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](http://example.invalid/x.png)",
        "[x](javascript:alert(1))",
        "http://example.invalid",
        "www.example.invalid",
        "# heading",
        "**bold** __bold__ *i* _i_ ~~gone~~",
        "`code` $x^2$ \\*",
        "a | b",
        "@somebody #12 :tada:",
        "&lt;b&gt; &#60;",
        "<!-- hidden",
    ],
)
def test_nothing_in_it_is_markdown_or_html(text: str) -> None:
    written = re.sub(r"&#\d+;", "", as_text(text, 300))
    assert not set(written) & set("<>&[]()*_`|#~@:$!\\")
    assert "www." not in written
    assert html.unescape(as_text(text, 300)) == text


@pytest.mark.parametrize("text", ["plain", "a ``` b", "```\n# out\n```", "`" * 50, "\n```\n"])
def test_code_does_not_end_before_its_end(text: str) -> None:
    fence, *inside, last = as_code(text, 500).split("\n")
    assert fence == last
    assert not any(fence in line for line in inside)
    assert "\n".join(inside) == text
