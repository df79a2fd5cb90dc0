"""How a judge is asked to answer: in words that a parser reads, or by a single letter."""

import string
from typing import Literal

Answers = Literal["score", "yes_no", "list_min", "list_mean"]
"""The parsers: what a reply is expected to hold."""

_STEPS = 10
_MAX_WHOLE_STEPS = 25


def answer_form(
    parser: Answers, minimum: float, maximum: float, list_length: int | None = None
) -> str:
    """Return the sentences that ask for the form of reply that a parser reads best."""
    if parser == "yes_no":
        last, meaning = "Answer: yes", "or `Answer: no`"
    elif parser == "score":
        last = "Score: X.X"
        meaning = f"where X.X is a number from {minimum:g} to {maximum:g}"
    else:
        items = ["X.X"] * min(list_length, 10) if list_length else ["X.X", "X.X", "…"]
        last = f"Score: [{', '.join(items)}]"
        meaning = f"where each X.X is a number from {minimum:g} to {maximum:g}"
    return (
        "First give your reason in one or two short sentences. Then write, as the last line and "
        f"with nothing after it:\n{last}\n{meaning}."
    )


def answer_labels(parser: Answers, minimum: float, maximum: float) -> dict[str, float]:
    """Return answer letters from `A`, each with the score that it stands for, ascending.

    Single letters, because a judge's probabilities are read for one token, and `10` is two tokens
    that begin like `1`. A range between whole numbers gets one letter per whole number if that
    makes 3 to 26 letters, `yes_no` gets 2, and every other range 11 even steps.
    """
    span = maximum - minimum
    if parser == "yes_no":
        return {"A": minimum, "B": maximum}
    if minimum == int(minimum) and maximum == int(maximum) and 2 <= span <= _MAX_WHOLE_STEPS:
        return {string.ascii_uppercase[i]: minimum + i for i in range(int(span) + 1)}
    return {
        # Weighted ends: `minimum + i * span / _STEPS` would miss the end, or overflow.
        string.ascii_uppercase[i]: minimum * ((_STEPS - i) / _STEPS) + maximum * (i / _STEPS)
        for i in range(_STEPS + 1)
    }


def label_form(parser: Answers, labels: dict[str, float]) -> str:
    """Return the sentences that say what each letter means and ask for exactly one."""
    if parser == "yes_no":
        meanings = {label: "yes" if value else "no" for label, value in labels.items()}
    else:
        meanings = {label: f"score {value:g}" for label, value in labels.items()}
        first, *_, last = labels
        meanings[first] += " (worst)"
        meanings[last] += " (best)"
    listed = "\n".join(f"{label} = {meaning}" for label, meaning in meanings.items())
    return (
        f"Each letter stands for one answer:\n{listed}\n"
        f"Answer with exactly one of these letters and nothing else."
    )
