"""The samples as JSON that stands within the page.

Texts are cleaned, as everywhere that people read them, and reach the page by `textContent` only.
No character of HTML's syntax is left in the JSON, so nothing in it can end its element.
"""

import json
from collections.abc import Sequence
from typing import Any

from editgauge.core.text import clean, clean_start, counted
from editgauge.reporters.html.pictures import THUMBNAIL_SIZE, picture_stem
from editgauge.reporters.html.samples import ShownSample
from editgauge.reporters.html.score_tables import kind_of
from editgauge.reporters.html.states import LABELS, State

LONGEST_TEXT = 20_000
"""Characters of a text that the page holds; a judge may send megabytes."""
_LONGEST_LINE = 1_000

_SYNTAX = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def shown_text(text: str) -> str:
    """Return a text as the page shows it: cleaned, and cut if it is very long."""
    if len(text) <= LONGEST_TEXT:
        return clean(text, keep_newlines=True)
    left_out = counted(len(text) - LONGEST_TEXT, "more character")
    start = clean(text[:LONGEST_TEXT], keep_newlines=True)
    return f"{start}\n… ({left_out} in results.jsonl)"


def shown_line(text: str) -> str:
    """Return a text as the page shows it in a line, such as an id or a category."""
    return clean_start(text, _LONGEST_LINE)


def page_data(
    samples: Sequence[ShownSample], categories: Sequence[str], *, picture_size: int
) -> dict[str, Any]:
    """Return what the scripts of the page need, as JSON data; what is not known is left out."""
    numbers = {category: number for number, category in enumerate(categories)}
    return {
        "sizes": {"thumbnail": THUMBNAIL_SIZE, "picture": picture_size},
        "categories": [shown_line(category) for category in categories],
        "states": {state: {"label": LABELS[state], "kind": kind_of(state)} for state in State},
        "samples": [_row(sample, numbers[sample.category]) for sample in samples],
    }


def _row(sample: ShownSample, category: int) -> dict[str, Any]:
    edit_attempts, score_attempts = sample.attempts
    row: dict[str, Any] = {
        "name": sample.name,
        "id": shown_line(sample.id),
        "row": sample.index,
        "category": category,
        "state": str(sample.state),
        "instruction": shown_text(sample.instruction),
        "score": sample.score,
        "minimum": sample.minimum,
        "maximum": sample.maximum,
        "rubric": shown_line(sample.rubric),
        "reply": None if sample.reply is None else shown_text(sample.reply),
        "reason": shown_text(sample.reason),
        "seconds": sample.seconds,
        "attempts": max(edit_attempts, score_attempts),
        "width": sample.width,
        "height": sample.height,
        "edited": picture_stem(sample.edited),
        "sources": [picture_stem(digest) for digest in sample.sources],
    }
    return {key: value for key, value in row.items() if value not in (None, "", [])}


def json_for_html(data: Any) -> str:
    r"""Return JSON without any character of HTML's syntax: `<` is written `\u003c`.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_SYNTAX)
