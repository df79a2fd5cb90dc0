"""A score from the odds of answer labels."""

from collections.abc import Sequence
from typing import Any

import torch

from editgauge.plugins.qwen3_vl.generation import require_finite


def label_tokens(tokenizer: Any, labels: Sequence[str]) -> list[int]:
    """Return the token of each answer label.

    Raises:
        ValueError: a label is not one token, or two labels are the same token. Only the first
            token of the answer is looked at, so `10` and `1` could not be told apart.
    """
    tokens = []
    for label in labels:
        ids = tokenizer.encode(label, add_special_tokens=False)
        if len(ids) != 1:
            raise ValueError(
                f"an answer label should be one token of the judge's tokenizer, but {label!r} is "
                f"{len(ids)}; use letters, such as A to K for 0 to 10"
            )
        if ids[0] in tokens:
            raise ValueError(f"the answer label {label!r} is the same token as another label")
        tokens.append(ids[0])
    return tokens


def expected_value(
    logits: Any, tokens: Sequence[int], values: Sequence[float]
) -> tuple[float, int]:
    """Return the expected value over labels, and the position of the likeliest label.

    The sum over labels of p(label) * value, where p is the softmax of the labels' logits alone, in
    float32.

    Args:
        logits: one logit per token of the vocabulary.
        tokens: the token of each label.
        values: the value of each label.

    Raises:
        ValueError: not as many values as labels.
        FloatingPointError: a logit is not finite.
    """
    if len(tokens) != len(values):
        raise ValueError(f"{len(tokens)} answer labels need as many values, got {len(values)}")
    chosen = logits[torch.tensor(tokens, device=logits.device)].float().cpu()
    require_finite(chosen)
    odds = torch.softmax(chosen, dim=0)
    value = float((odds * torch.tensor(values, dtype=torch.float32)).sum())
    return value, int(odds.argmax())
