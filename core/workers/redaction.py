"""Takes known secrets out of everything that a worker says.

A library that reports its settings, or an error that quotes a request, would put them into logs,
events and results. Only what is known can be found: the secret itself, also as JSON, Python or an
address write it, not what was made of it (a digest, base64).
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from editgauge.core.workers.passed_variables import LEAST_LENGTH, looks_secret

MASK = "***"
"""What stands for a secret."""

_ADDRESS = re.compile(r"://([^/\s@]*)@")
_PROXY = re.compile(r"^([^/\s@]*)@")
"""An address as proxies may be given, without its scheme."""
_LEAST_REST = 6
_STRUCTURE = ("kind", "magic")
_DIGEST_KEY = "_sha256"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def secrets_of_environment(environment: Mapping[str, str]) -> list[str]:
    """Return the values that look secret by their variable's name, and passwords in addresses."""
    found = []
    for name, value in environment.items():
        if looks_secret(name, value):
            found.append(value)
        address = _PROXY if name.lower().endswith("_proxy") and "://" not in value else _ADDRESS
        for user in address.findall(value):
            # `user:password@` also where the password alone is too short to be looked for.
            password = user.partition(":")[2] or user
            found += [f"{user}@", password, unquote(password)]
    return found


class Redactor:
    """Replaces secrets by `***`."""

    def __init__(self, secrets: Iterable[str]) -> None:
        """Look for `secrets`; those of fewer than six characters are left alone."""
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        # The longest first: what begins like a longer secret is not cut short.
        self._texts = sorted(spellings, key=lambda text: (-len(text), text))
        self._pattern = re.compile("|".join(map(re.escape, self._texts)) or r"(?!)")

    def text(self, text: str) -> str:
        """Return text without secrets."""
        return self._pattern.sub(MASK, text)

    def data(self, data: Any) -> Any:
        """Return plain JSON data without secrets in its texts and keys."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {self.text(str(key)): self.data(value) for key, value in data.items()}
        return [self.data(item) for item in data] if isinstance(data, list) else data

    def frame(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Return a frame of a worker without secrets, its kind and its digests as they were.

        If there was one in the text of a reply, `said` is the text with it: what is left must not
        be read as another score.
        """
        found = {key: self._field(key, value) for key, value in frame.items() if key != "said"}
        text = frame.get("text")
        if frame.get("kind") == "reply" and isinstance(text, str) and text != found["text"]:
            found["said"] = text
        return found

    def _field(self, key: str, value: Any) -> Any:
        # A short secret may stand in a digest by chance; without it, the row would never hold.
        digests = value if isinstance(value, list) else [value]
        if key.endswith(_DIGEST_KEY) and all(
            isinstance(item, str) and _DIGEST.fullmatch(item) for item in digests
        ):
            return value
        return value if key in _STRUCTURE else self.data(value)

    def stream(self) -> "StreamRedactor":
        """Return a redactor for bytes that come in pieces."""
        return StreamRedactor([_encoded(text) for text in self._texts])


class StreamRedactor:
    """Replaces secrets in bytes that come in pieces, wherever the pieces are cut."""

    def __init__(self, secrets: list[bytes]) -> None:
        """Look for `secrets`, the longest first."""
        self._secrets = secrets
        self._pattern = re.compile(b"|".join(map(re.escape, secrets)) or rb"(?!)")
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return what can be passed on: all but an end that may be the beginning of a secret."""
        data = self._rest + data
        done, position = [], 0
        held = self._held(data, 0)
        for match in self._pattern.finditer(data):
            if match.start() >= held:
                break
            done += [data[position : match.start()], MASK.encode()]
            position = match.end()
            if position > held:
                held = self._held(data, position)
        done.append(data[position:held])
        self._rest = data[held:]
        return b"".join(done)

    def finish(self) -> bytes:
        """Return what was held back, at the end; most of a secret is replaced like all of it."""
        rest, self._rest = self._rest, b""
        if len(rest) >= _LEAST_REST:
            return MASK.encode()
        return rest

    def _held(self, data: bytes, least: int) -> int:
        """Return the first position from `least` on where all that is left begins a secret."""
        first = len(data)
        for secret in self._secrets:
            # From place to place where it may begin: a key may have thousands of characters.
            start = data.find(secret[:1], max(least, len(data) - len(secret) + 1), first)
            while start >= 0 and not secret.startswith(data[start:]):
                start = data.find(secret[:1], start + 1, first)
            first = start if start >= 0 else first
        return first


def _spellings(secret: str) -> Iterable[str]:
    """Yield the secret as different writers write it, and, of one with several lines, each line."""
    for text in {secret.strip(), *map(str.strip, secret.splitlines())}:
        if len(text) >= LEAST_LENGTH:
            yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
            data = _encoded(text)
            yield from (repr(text)[1:-1], quote(data), quote(data, safe=""), quote_plus(data))


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # A lone surrogate of the configuration, which workers write so.
        return text.encode("utf-8", "backslashreplace")
