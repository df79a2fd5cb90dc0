"""Remembers for a moment what was given up in a batch.

A run takes a batch that failed apart and asks for each of its open requests alone. What has had all
of its retries a moment ago is not worth another ten minutes, nor another fee.
"""

import hashlib
import time

from editgauge import ScoreRequest
from editgauge.plugins.openai_judge.failures import RequestFailure

MOMENT = 60.0
"""Seconds after which a request is sent again all the same."""


class GivenUp:
    """The failures of the last batch, each told once, to the very same request only."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[str, tuple[float, RequestFailure]] = {}

    def keep(self, failures: list[tuple[ScoreRequest, RequestFailure]]) -> None:
        """Remember these, and forget the former ones."""
        until = time.monotonic() + MOMENT
        self._kept = {_digest(request): (until, failure) for request, failure in failures}

    def take(self, request: ScoreRequest) -> RequestFailure | None:
        """Return the failure that is known of a request, and forget it."""
        if not self._kept:
            return None
        until, failure = self._kept.pop(_digest(request), (0.0, None))
        return failure if time.monotonic() < until else None


def _digest(request: ScoreRequest) -> str:
    """Return what tells requests apart; another picture may come under the same id."""
    texts = (request.id, request.index, request.system, request.prompt, request.labels)
    digest = hashlib.sha256(repr(texts).encode("utf-8", "backslashreplace"))
    for image in request.images:
        digest.update(repr(image.size).encode("ascii"))
        digest.update(image.tobytes())
    return digest.hexdigest()
