"""How many columns of a terminal a text takes.

tqdm's own measure, which its bars are cut by: wide East Asian characters take two columns, every
other one; characters that combine are counted as well, so a text is never wider than measured.
"""

import re


def width(text: str) -> int:
    """Return the columns that a text without control characters takes."""
    if text.isascii():
        return len(text)
    from tqdm.utils import disp_len

    return disp_len(text)


def fit(text: str, columns: int, *, ellipsis: str = "…") -> str:
    """Return text cut to a number of columns, with an ellipsis at its end if it was cut."""
    if len(text) <= columns and width(text) <= columns:
        return text
    room = columns - len(ellipsis)
    if room <= 0:
        return ""
    text = text[:room]
    while width(text) > room:
        text = text[:-1]
    return text + ellipsis


def fold(line: str, columns: int) -> list[str]:
    """Return a line of facts in lines narrower than `columns`, folded behind commas.

    A bracket may begin a line, too. What follows is indented as far as the first fact. A fact is
    never cut, so a line may still be too wide.
    """
    head = re.match(r"\s*(?:[a-z]+ {2,})?", line)
    indent = " " * (head.end() if head is not None else 0)
    lines: list[str] = []
    for fact in re.split(r"(?<=[,;:]) (?! )| (?=\()", line):
        if lines and width(f"{lines[-1]} {fact}") < columns:
            lines[-1] = f"{lines[-1]} {fact}"
        else:
            lines.append(f"{indent}{fact}" if lines else fact)
    return lines


def pad(text: str, columns: int) -> str:
    """Return text filled up with spaces to a number of columns."""
    return text + " " * (columns - width(text))
