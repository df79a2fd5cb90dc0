"""What goes wrong with a request, whether to send it again, and how long to wait first.

Standard library only.
"""

import email.utils
import json
import random
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

AGAIN = (408, 409, 425, 429)
"""Statuses below 500 that say nothing against the request itself."""
LONGEST_PAUSE = 60.0
"""Seconds that the pause between two tries grows up to."""
_OUT_OF_MONEY = ("insufficient_quota", "billing_hard_limit_reached")
_LONGEST_MESSAGE = 600
_LEAST_SECRET = 6
_KEY_REFUSED = (401, 403)
_NO_LIST = "for a server that lists no models, 'check_server: none' leaves this look out"
_OUT_OF_ORDER = (
    "the server is there, but out of order or still starting: see its log, and try again"
)
_ADVICE = {
    401: "check the key ('api_key', or the variable that 'api_key_variable' names)",
    403: "the key may not use this model, or this server may not be used from here",
    404: "check 'base_url' (it usually ends in /v1) and 'model'",
    405: "check 'base_url' (it usually ends in /v1)",
    413: "send less: lower 'max_pixels', or choose 'image_format: jpeg'",
}


class RequestFailure(Exception):  # noqa: N818 - a failure may yet be mended by a retry
    """A request failed.

    Attributes:
        again: whether it may succeed when it is sent again.
        wait: seconds that the server asks to wait first, or None.
        first_aid: what to do if it happens before the first stage; may be empty.
    """

    def __init__(
        self, message: str, *, again: bool, wait: float | None = None, first_aid: str = ""
    ) -> None:
        """Take a message that holds no secret."""
        super().__init__(message)
        self.again = again
        self.wait = wait
        self.first_aid = first_aid


class Wording:
    """Makes messages of what a server says: one line, short, without secrets."""

    def __init__(self, secrets: Iterable[str], *, no_key: str = "") -> None:
        """Replace `secrets` by `***`, but for those that innocent words may hold.

        Args:
            secrets: texts to replace.
            no_key: why no key is sent; empty if one is.
        """
        self._no_key = no_key
        longer = (secret for secret in secrets if len(secret) >= _LEAST_SECRET)
        self._secrets = sorted(longer, key=len, reverse=True)

    def line(self, text: str) -> str:
        """Return text from outside as one line of printable characters."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join(text.split())
        if len(text) > _LONGEST_MESSAGE:
            text = f"{text[:_LONGEST_MESSAGE]} … ({len(text):,} characters)"
        return "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
            for char in text
        )

    def of_status(self, status: int, headers: Mapping[str, str], body: str) -> RequestFailure:
        """Return the failure that a status other than success stands for."""
        code, said = _said(body)
        try:
            name = f"{status} {HTTPStatus(status).phrase}"
        except ValueError:
            name = str(status)
        message = f"the server answered {name}"
        if said:
            message += f": {self.line(said)}"
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            place = self.line(headers.get("location", "nowhere"))
            message += f" to {place}, which is not followed (mend 'base_url' if it should be)"
        elif status in _KEY_REFUSED and self._no_key:
            message += f" ({self._no_key})"
        elif status in _ADVICE:
            message += f" ({_ADVICE[status]})"
        return RequestFailure(
            message,
            again=(status in AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR)
            and code not in _OUT_OF_MONEY,
            wait=retry_after(headers),
            first_aid=_first_aid(status),
        )


def _first_aid(status: int) -> str:
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        return _NO_LIST
    return _OUT_OF_ORDER if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""


def no_list(said: str) -> RequestFailure:
    """Return the failure of a server that sends something else than a list of models."""
    return RequestFailure(
        f"it sends no list of models, but {said!r} ({_ADVICE[405]})",
        again=False,
        first_aid=_NO_LIST,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, or None if it does not say.

    `Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3); `retry-after-ms` is OpenAI's.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        try:
            seconds = float(text) * unit
        except ValueError:
            continue
        # Also false for NaN.
        return seconds if 0 <= seconds < float("inf") else None
    try:
        moment = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def pause_before(retry: int, first: float) -> float:
    """Return the seconds to wait before a retry, counted from 1.

    The first pause doubled for each further retry, at most `LONGEST_PAUSE`, less up to half of it
    at random, so that requests that failed together do not come back together. The randomness is
    the system's own: no result depends on it, and no seed is used up.
    """
    longest = min(first * 2.0 ** min(retry - 1, 32), LONGEST_PAUSE)
    return longest * random.SystemRandom().uniform(0.5, 1.0)


def _said(body: str) -> tuple[str, str]:
    """Return the code and the message of an error's body, as the common servers write it."""
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return "", body
    if isinstance(found, dict) and isinstance(found.get("error"), (dict, str)):
        found = found["error"]
    if not isinstance(found, dict):
        return "", found if isinstance(found, str) else body
    for key in ("message", "detail", "error"):
        if isinstance(found.get(key), str):
            return str(found.get("code") or ""), found[key]
    return str(found.get("code") or ""), body
