"""README.zh-CN.md says what README.md says: the same parts, commands, code, tables and links."""

import re
from collections import Counter
from pathlib import Path

from tests.docs.pages import ROOT, blocks_of, links_of

ORIGINAL = ROOT / "README.md"
TRANSLATION = ROOT / "README.zh-CN.md"
ADVICE = f"bring {TRANSLATION.name} into step with {ORIGINAL.name}"


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def headings(page: Path) -> list[int]:
    """Return the level of each heading, in order."""
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


def code(page: Path) -> list[tuple[str, str, str]]:
    """Return language, note and text of each block, without comments, which are translated."""
    return [
        (block.language, block.note, block.file_name + re.sub(r" *# .*", "", block.text))
        for block in blocks_of(page)
    ]


def tables(page: Path) -> list[list[str]]:
    """Return each row of a table as where its cells lead."""
    rows = re.findall(r"^\|(.*)\|$", prose(page), re.MULTILINE)
    return [re.findall(r"\]\(([^)]+)\)|\|", row) for row in rows]


def test_it_has_the_same_headings() -> None:
    assert headings(TRANSLATION) == headings(ORIGINAL), ADVICE


def test_it_has_the_same_commands_and_code() -> None:
    assert code(TRANSLATION) == code(ORIGINAL), ADVICE


def test_it_has_the_same_tables() -> None:
    assert tables(TRANSLATION) == tables(ORIGINAL), ADVICE
    assert tables(ORIGINAL)


def test_it_names_the_same_things_in_code() -> None:
    def names(page: Path) -> Counter[str]:
        return Counter(re.findall(r"`([^`\n]+)`", prose(page)))

    assert names(TRANSLATION) == names(ORIGINAL), ADVICE


def test_it_leads_to_the_same_places() -> None:
    there, here = links_of(TRANSLATION), links_of(ORIGINAL)
    assert [link for link in there if link != ORIGINAL.name] == [
        link for link in here if link != TRANSLATION.name
    ], ADVICE
    assert ORIGINAL.name in there
    assert TRANSLATION.name in here


def test_it_has_as_many_lines_of_text() -> None:
    """A sentence that was added stands in a line of its own."""

    def lines(page: Path) -> int:
        return len([line for line in prose(page).splitlines() if line.strip()])

    assert lines(TRANSLATION) == lines(ORIGINAL), ADVICE


def test_no_sentence_was_left_in_english() -> None:
    text = re.sub(r"`[^`\n]*`|<!--.*?-->|\]\([^)]*\)", " ", prose(TRANSLATION))
    assert re.findall(r"(?:\b[A-Za-z]{2,}\b ){4,}", text) == []
    assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 500
