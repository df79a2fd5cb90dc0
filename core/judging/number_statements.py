"""Numbers that a reply gives as its score.

A number is a candidate only where the words or the form around it say that it is the score; a
number that is merely somewhere in the reply (a step, a count, a year) is none. Where a number is
given as the score but cannot be taken as it stands (`7-8`, `80%`, `4/5` for a range to 10), that is
a problem, and a reply with a problem has no score.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

from editgauge.core.judging.reply_text import JsonObject, ReplyText

_DIGITS = r"-?[0-9]++(?:\.[0-9]++)?+"
NUMBER = rf"(?P<number>{_DIGITS})"
_GAP = r"[ \t]{0,8}"
_NOTE = rf"(?:{_GAP}[(\[][^()\[\]\n]{{0,40}}[)\]])?"

_LABELLED = re.compile(
    r"(?<!\w)(?:(?:final|overall|total)_)?(?:score|rating|grade)s?[\"']?"
    rf"{_NOTE}{_GAP}(?:[:=→|]|->|(?<=[ \t])[-–—](?=[ \t]))[ \t\n]{{0,4}}[\"'(\[<]{{0,2}}{_GAP}"  # noqa: RUF001 - dashes that judges write
    + NUMBER,
    re.IGNORECASE,
)
_TAGGED = re.compile(
    rf"<(?:final_|overall_)?(?:score|rating)>[ \t\n]{{0,8}}{NUMBER}", re.IGNORECASE
)
_LINE = re.compile(r"(?:(?:final|overall|total) )?(?:score|rating)[ \t]+(-?[0-9].*)", re.IGNORECASE)
_CHINESE = re.compile(
    rf"(?:评分|分数|得分|打分)\]?{_NOTE}{_GAP}[:=为是|]?{_GAP}{NUMBER}"
    rf"|(?<!不)[给打评](?:[^0-9\W满]|[ \t]){{0,10}}?(?P<points>{_DIGITS}){_GAP}"
    "分(?![钟之辨别成米析类散布])"
)
_SENTENCES = (
    re.compile(
        r"(?<!\w)(?:score|rating|grade)[ \t]{1,8}(?:of|is|was|would be|will be|at)[ \t]{1,8}"
        rf"(?:an? )?{NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!\w)(?:I|we)(?:'d|'ll| would| will| can| must)?(?: [a-z]{1,15}ly)? "
        r"(?:give|gave|rate|rated|assign|assigned|award|score|grade)"
        rf"[ \t][^0-9.;:!?\n]{{0,60}}?(?<=[ \t\"'(]){NUMBER}",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<!\w)(?:edit|image|picture|result|it|this) (?:scores|deserves|earns|merits|receives|"
        rf"gets|is worth) (?:an? )?{NUMBER}",
        re.IGNORECASE,
    ),
)
_FRACTION = re.compile(rf"(?<![\w.,/:$#-]){NUMBER}(?={_GAP}(?:/|out of){_GAP}[0-9])", re.IGNORECASE)
_BARE = re.compile(rf"[\"'(\[]?{_GAP}{NUMBER}")
_BARE_END = re.compile(rf"{_GAP}(?:points?|分)?{_GAP}[\"')\]]?[.!]?", re.IGNORECASE)

# What may stand behind the number.
_OUT_OF = re.compile(
    rf"[\"')\]]?{_GAP}\(?(?:/|out{_GAP}of|of|over){_GAP}(?P<maximum>[0-9]++(?:\.[0-9]++)?+)",
    re.IGNORECASE,
)
_MALFORMED = re.compile(r"\w|[.,][0-9]|\+")
_CHINESE_UNIT = re.compile(rf"{_GAP}分(?!之)")
_NOT_ALONE = re.compile(
    rf"{_GAP}(?:%|percent|stars?(?!\w)|[-+*/x×=–—~±,:;&|→>]{{0,2}}{_GAP}[0-9]|(?:to|or|and){_GAP}[0-9])",  # noqa: RUF001 - signs that judges write
    re.IGNORECASE,
)
_SENTENCE_GOES_ON = re.compile(
    rf"{_GAP}(?:points?{_GAP})?(?:$|\n|[.!?,;:)\]\"'(|<}}—–]|-[ \t]|分|"  # noqa: RUF001 - as above
    r"(?:because|for|since|as|due|based|"
    r"given|considering|overall|and|but|with|on|which|that|reflects|seems|"
    r"is (?:given|fair|appropriate|assigned|justified|warranted|reasonable))(?!\w))",
    re.IGNORECASE,
)
_OTHER_SCALE = re.compile(
    rf"(?<!\w)scale{_GAP}(?:of|from){_GAP}[0-9.]{{1,8}}{_GAP}(?:to|-|–){_GAP}(?P<maximum>[0-9]++)",  # noqa: RUF001 - as above
    re.IGNORECASE,
)

# What may not stand before it.
_BOUND = re.compile(
    r"(?<!\w)(?:max|maximum|min|minimum|full|perfect|highest|lowest|best|worst|possible|top|"
    r"passing|previous|threshold|ideal|average|baseline|initial|starting)(?: \w{1,20})?[ \t(]*$",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    r"(?<!\w)(?:not|cannot|never|no (?:score|rating|way)|short of|instead of|rather than|"
    r"less than|more than|at least|at most|than|between)(?!\w)|n't(?!\w)",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"(?<!\w)(?:if|unless|otherwise|could have|would have|had it|were it)(?!\w)", re.IGNORECASE
)
_COUNTER = re.compile(
    r"(?<!\w)(?:step|image|picture|photo|figure|fig|page|iteration|frame|attempt|question|item|"
    r"part|row|line|number|no|version|about|only|all|the|first|last|date|on)[.:]?[ \t]*$",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(
    r"(?<!\w)(?!(?:overall|final|total|verdict)[ \t]*:)\w+[ \t]*:[ \t]*$", re.IGNORECASE
)
_SENTENCE_START = re.compile(r"[.!?](?=\s)|\n")
_CLAUSE_START = re.compile(r"[.!?,;:](?=\s)|\n")
_REACH = 200
_SEVERAL = "it gives a range, a list, a sum or a percentage"


@dataclass(slots=True)
class Statements:
    """Scores that a reply states, in order, and the reasons why it cannot be read all the same."""

    values: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_numbers(reply: ReplyText, *, maximum: float) -> Statements:
    """Return every number that the reply gives as its score.

    Args:
        reply: the prepared reply.
        maximum: greatest possible score; `n/m` counts only for this `m` and is never rescaled.
    """
    found = Statements()
    for value in reply.fields:
        _read_field(value, maximum, found)
    text = reply.text
    for pattern in (_LABELLED, _TAGGED, _CHINESE):
        for match in pattern.finditer(text):
            if not _BOUND.search(text, max(0, match.start() - _REACH), match.start()):
                _take(match, text, maximum, found)
    for pattern in _SENTENCES:
        for match in pattern.finditer(text):
            if _meant(match, text):
                _take(match, text, maximum, found, in_sentence=True)
    for match in _FRACTION.finditer(text):
        if _meant(match, text) and not _counts_something(match, text):
            _take(match, text, maximum, found, in_sentence=True, labelled=False)
    _read_lines(reply.lines, maximum, found)
    for match in _OTHER_SCALE.finditer(text):
        if found.values and float(match["maximum"]) != maximum:
            found.problems.append(f"it speaks of a scale to {match['maximum']}, not {maximum:g}")
    return found


def read_plain_number(text: str, *, maximum: float) -> Statements:
    """Return the number that a short text consists of (`8`, `8.5/10`, `8 points`), if it does."""
    found = Statements()
    match = _BARE.match(text)
    if match is None:
        return found
    out_of = _OUT_OF.match(text, match.end())
    end = out_of.end() if out_of else match.end()
    rest = text[end:]
    if _BARE_END.fullmatch(rest):
        _take(match, text, maximum, found)
    elif _NOT_ALONE.match(rest):
        found.problems.append(_SEVERAL)
    return found


def _read_field(value: Any, maximum: float, found: Statements) -> None:
    if isinstance(value, float):
        if math.isfinite(value):
            found.values.append(value)
        else:
            found.problems.append("its score field is no finite number")
    elif isinstance(value, str):
        inner = read_plain_number(value.strip(), maximum=maximum)
        found.values += inner.values
        found.problems += inner.problems
        if any(char.isdigit() for char in value) and not (inner.values or inner.problems):
            found.problems.append("its score field holds more than a number")
    elif isinstance(value, list) and not isinstance(value, JsonObject) and len(value) == 1:
        _read_field(value[0], maximum, found)
    elif isinstance(value, bool) or (isinstance(value, list) and not isinstance(value, JsonObject)):
        found.problems.append("its score field holds no single number")


def _read_lines(lines: list[str], maximum: float, found: Statements) -> None:
    """Read the first and the last line if they hold nothing but a number, or `Score 8`."""
    if not lines:
        return
    for line in lines[:1] if len(lines) == 1 else (lines[0], lines[-1]):
        if line == lines[0] and len(lines) > 1 and line.endswith("."):
            continue  # `1.` above a text is the number of a list item.
        named = _LINE.fullmatch(line)
        inner = read_plain_number(named[1] if named else line, maximum=maximum)
        found.values += inner.values
        if named or len(lines) == 1:
            found.problems += inner.problems


def _take(
    match: re.Match[str],
    text: str,
    maximum: float,
    found: Statements,
    *,
    in_sentence: bool = False,
    labelled: bool = True,
) -> None:
    """Add the matched number, or the problem with it; `labelled` tells that it is one."""
    group = "number" if match["number"] is not None else "points"
    number, end = match[group], match.end(group)
    out_of = _OUT_OF.match(text, end)
    if out_of:
        if float(out_of["maximum"]) != maximum:
            if labelled:
                found.problems.append(
                    f"it gives {_short(number)} out of {_short(out_of['maximum'])}, "
                    f"where the greatest score is {maximum:g}"
                )
            return
        end = out_of.end()
    unit = _CHINESE_UNIT.match(text, end)
    if unit:
        end = unit.end()
    if _MALFORMED.match(text, end):
        if labelled:
            found.problems.append(f"what begins with {_short(number)} is no plain number")
    elif _NOT_ALONE.match(text, end):
        if labelled:
            found.problems.append(_SEVERAL)
    elif not in_sentence or _SENTENCE_GOES_ON.match(text, end):
        found.values.append(float(number) + 0.0)


def _meant(match: re.Match[str], text: str) -> bool:
    """Return whether the sentence says that this is the score, not what it is not or might be."""
    start = match.start("number")
    before = text[max(0, start - _REACH) : start]
    after = text[match.end() : match.end() + _REACH]
    clause = _CLAUSE_START.split(before)[-1]
    sentence = _SENTENCE_START.split(before)[-1] + _SENTENCE_START.split(after)[0]
    return not (
        _NEGATED.search(clause)
        or _HYPOTHETICAL.search(sentence)
        or _BOUND.search(text, max(0, match.start() - _REACH), match.start())
    )


def _counts_something(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - 40) : match.start()]
    return bool(_COUNTER.search(before) or _OTHER_LABEL.search(before))


def _short(number: str) -> str:
    return number if len(number) <= 12 else f"{number[:12]}…"
