"""The kinds of instruction: what is said of them is what the training knows."""

import re
from types import SimpleNamespace

from editgauge.plugins.miniature.checkpoints import notice
from editgauge.plugins.miniature.demo import PHOTOGRAPHS
from editgauge.plugins.miniature.training.instructions import KINDS, every_instruction
from editgauge.plugins.miniature.training.tasks import HELD_OUT_PHOTOGRAPHS
from tests.docs.pages import DOCS
from tests.end_to_end.commands import json_lines
from tests.end_to_end.test_demo import BEYOND


def test_the_page_has_every_kind_with_instructions_that_were_trained() -> None:
    page = (DOCS / "miniature.md").read_text("utf-8").partition("## What it knows")[2]
    rows = re.findall(r"^\| (\w+) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)[1:]
    assert [kind for kind, _, _ in rows] == list(KINDS)
    trained = set(every_instruction())
    assert [text for row in rows for text in row[1:] if text not in trained] == []


def test_the_number_of_kinds_is_the_one_that_models_tell() -> None:
    told = notice(SimpleNamespace(model="qwen3-vl"), "")["notice"]
    assert f"know {len(KINDS)} kinds of instruction" in str(told)


def test_the_demo_asks_for_what_was_trained_and_twice_for_more() -> None:
    rows = json_lines(PHOTOGRAPHS)
    trained = set(every_instruction())
    assert {row["id"] for row in rows if row["instruction"] not in trained} == BEYOND
    categories = [row["category"] for row in rows]
    assert {categories.count(category) for category in categories} == {2}
    assert {row["id"] for row in rows} >= set(HELD_OUT_PHOTOGRAPHS)
