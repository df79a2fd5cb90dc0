"""A yes or a no that a reply gives as its answer."""

import re

from editgauge.core.judging.number_statements import Statements
from editgauge.core.judging.reply_text import ReplyText

_VALUES = {"yes": 1.0, "no": 0.0}
# What may follow: `No, it did not`, but not `No objects were changed`, `yes/no` or `no longer`.
_END = (
    r"(?![ \t]{0,8}[.,]?[ \t]{0,8}[0-9])[\"')\]]{0,2}[ \t]{0,8}"
    r"(?:$|\n|[.,;:!)\]}<—–]|-[ \t]|(?:because|since|as)(?!\w))"  # noqa: RUF001 - dashes that judges write
)
_LABELLED = re.compile(
    r"(?<!\w)(?:score|rating|answer|verdict|judge?ment|conclusion|result|decision)[\"']?"
    rf"[ \t]{{0,8}}(?:[:=]|->|(?<=[ \t])is(?=[ \t]))[ \t\n]{{0,4}}[\"'(\[]{{0,2}}(yes|no){_END}"
    rf"|<(?:score|answer)>[ \t\n]{{0,8}}(yes|no){_END}",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"[\"'(\[]{{0,2}}(yes|no){_END}", re.IGNORECASE)
_LAST = re.compile(r"(?:^|[.!?:][ \t]{1,8})[\"'(\[]{0,2}(yes|no)[\"')\]]{0,2}[.!]?$", re.IGNORECASE)
_REACH = 40


def find_answers(reply: ReplyText) -> Statements:
    """Return every yes (1.0) and no (0.0) that the reply gives as its answer.

    That is one in a JSON score field, one behind a word like `answer:`, one that begins the reply,
    and one that is its last sentence.
    """
    found = Statements()
    for value in reply.fields:
        word = value.strip(" \t\n.!\"'").casefold() if isinstance(value, str) else ""
        if word in _VALUES:
            found.values.append(_VALUES[word])
        elif value is not None:
            found.problems.append("its score field is neither yes nor no")
    for match in _LABELLED.finditer(reply.text):
        found.values.append(_VALUES[(match[1] or match[2]).casefold()])
    if reply.lines:
        first = _FIRST.match(reply.lines[0])
        last = _LAST.search(reply.lines[-1][-_REACH:])
        found.values += [_VALUES[match[1].casefold()] for match in (first, last) if match]
    return found
