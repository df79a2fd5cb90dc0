"""How many columns of a terminal a text takes.

tqdm's own measure, which its bars are cut by: wide East Asian characters take two columns, every
other one; characters that combine are counted as well, so a text is never wider than measured.
"""


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


def pad(text: str, columns: int) -> str:
    """Return text filled up with spaces to a number of columns."""
    return text + " " * (columns - width(text))
