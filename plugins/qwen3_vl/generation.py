"""Watches a batch being generated: each row's end, and the odds of its first token."""

from collections.abc import Callable, Collection
from typing import Any

import torch


def require_finite(logits: Any) -> None:
    """Check a tensor of logits.

    Raises:
        FloatingPointError: one of them is not finite.
    """
    if not bool(torch.isfinite(logits).all()):
        raise FloatingPointError(
            "the judge's numbers are not finite; try bfloat16 or float32, or another "
            "'attn_implementation'"
        )


class EndOfRowWatcher:
    """A stopping criterion that stops nothing and tells when a row has ended.

    transformers generates a batch until its longest row ends, so without this a short reply would
    be known only when the longest is.
    """

    def __init__(
        self,
        *,
        prompt_length: int,
        end_tokens: Collection[int],
        on_end: Callable[[int, list[int]], None],
    ) -> None:
        """Watch for the ends of rows.

        Args:
            prompt_length: tokens before the first generated one.
            end_tokens: each of them ends a row.
            on_end: called once for each row that ends, with its number and its generated tokens
                before the end token.
        """
        self._prompt_length = prompt_length
        self._end_tokens = frozenset(end_tokens)
        self._on_end = on_end
        self._ended: set[int] = set()

    def __call__(self, input_ids: Any, scores: Any, **_arguments: Any) -> Any:
        """Look at the newest token of each row."""
        del scores
        for row, token in enumerate(input_ids[:, -1].tolist()):
            if token in self._end_tokens and row not in self._ended:
                self._ended.add(row)
                self._on_end(row, input_ids[row, self._prompt_length : -1].tolist())
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


class FirstTokenLogits:
    """A logits processor that changes nothing and keeps the logits of the first token.

    Attributes:
        logits: a float tensor of rows times vocabulary, or None before the first token.
    """

    def __init__(self) -> None:
        """Start with nothing kept."""
        self.logits: Any = None

    def __call__(self, _input_ids: Any, scores: Any) -> Any:
        """Keep the first scores.

        Raises:
            FloatingPointError: one of them is not finite; the reply would be noise.
        """
        if self.logits is None:
            require_finite(scores)
            self.logits = scores.float()
        return scores
