"""A score from the log-probabilities that a server gives for the first token of its answer."""

import math
from collections.abc import Sequence

from editgauge.plugins.openai_judge.failures import RequestFailure

GREATEST_DOUBT = 0.01
"""Greatest share that the labels that were not listed may have of all labels' probability."""


def expected_value(
    tokens: Sequence[tuple[str, float]], labels: Sequence[str], values: Sequence[float]
) -> tuple[float, str]:
    """Return the expected value over labels, and the likeliest label.

    The sum over labels of p(label) * value, where p(label) is the probability of the tokens that
    are the label, with or without spaces around it, as a share of that of all labels. A server
    lists only the likeliest tokens; a label that is not among them is at most as likely as the
    least likely one that is.

    Args:
        tokens: texts and log-probabilities of the likeliest first tokens.
        labels: the answer labels.
        values: the value of each.

    Raises:
        RequestFailure: labels that are not listed may have more than `GREATEST_DOUBT` of the whole.
    """
    listed = [(text.strip(), math.exp(min(logprob, 0.0))) for text, logprob in tokens]
    odds = [sum(p for text, p in listed if text == label) for label in labels]
    total = math.fsum(odds)
    names = {text for text, _ in listed}
    missing = sum(label not in names for label in labels)
    doubt = missing * min((p for _, p in listed), default=1.0)
    if total <= 0 or doubt > GREATEST_DOUBT * (total + doubt):
        likeliest = ", ".join(repr(text[:20]) for text, _ in tokens[:5])
        raise RequestFailure(
            f"the answer letters cannot be read from the {len(listed)} likeliest first tokens "
            f"({likeliest}, …): {missing} of {len(labels)} are not among them and may be too "
            "likely to be left out; raise 'top_logprobs', or use 'score_by: text'",
            again=False,
        )
    value = math.fsum(p * value for p, value in zip(odds, values)) / total  # noqa: B905 - Python 3.10
    return value, labels[odds.index(max(odds))]
