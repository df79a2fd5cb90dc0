"""Text from outside in GitHub's Markdown, where it stands as text and nothing else."""

import re
from collections.abc import Sequence

from editgauge.core.text import clean, clean_start, shorten

# Written as character references, for those begin no structure, whatever stands around them: HTML
# (`<`, `>`, `&`), emphasis, code, links, images, tables, headings, mathematics (`$`), mentions
# (`@`), references (`#12`), emoji and addresses (`:`). Everything is within a line, so what only
# counts at its start (`-`, `+`, `1.`) is not among them.
_SPECIAL = re.compile(r"""[\\`*_{}\[\]<>()#!|~@:&$^"']|(?<=www)\.""", re.IGNORECASE)


def as_text(text: str, length: int) -> str:
    """Return at most `length` characters of cleaned text, in one line, as it looks."""
    shown = " ".join(clean_start(text, length).split())
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", shown)


def as_code(text: str, length: int) -> str:
    """Return a block of code with cleaned text; its fence is longer than any in it."""
    shown = clean(shorten(text, length), keep_newlines=True)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", shown)), default=0))
    return f"{fence}\n{shown}\n{fence}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: int) -> list[str]:
    """Return the lines of a table.

    Args:
        head: titles of the columns.
        rows: cells that are Markdown already, as many as there are titles.
        numbers: how many of the last columns are aligned to the right.
    """
    rules = ["---"] * (len(head) - numbers) + ["---:"] * numbers
    return [f"| {' | '.join(cells)} |" for cells in (head, rules, *rows)]
