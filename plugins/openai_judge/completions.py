"""Reads a chat completion, whole or as a stream, from the bytes of a response.

Standard library only. The form is that of OpenAI's API reference, "Chat Completions".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from editgauge.plugins.openai_judge.failures import RequestFailure


@dataclass(frozen=True)
class Completion:
    """What a server answered.

    Attributes:
        text: the reply.
        finish: why it ended: `stop`, `length`, `content_filter` or another word of the server.
        first_token: log-probability by text of the likeliest first tokens, or None if they were
            not given.
    """

    text: str
    finish: str
    first_token: tuple[tuple[str, float], ...] | None


def read_completion(data: bytes) -> Completion:
    """Return the completion of a response that is one JSON object.

    Raises:
        RequestFailure: it is none.
    """
    found = _json(data.decode("utf-8", "replace"), "the response")
    choice = _choice(found)
    if choice is None:
        raise _malformed("the response has no 'choices'")
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _malformed("its first choice has no 'message'")
    return Completion(
        _text(message), str(choice.get("finish_reason") or ""), _first_token(choice.get("logprobs"))
    )


def read_stream(data: bytes) -> Completion:
    """Return the completion of a response that is a stream of server-sent events.

    A stream is whole if it says why it ended. That `[DONE]` follows is usual, but not every server
    sends it.

    Raises:
        RequestFailure: it is none, or was cut off.
    """
    texts: list[str] = []
    finish = ""
    logprobs = None
    for event in _events(data.decode("utf-8", "replace")):
        choice = _choice(_json(event, "a piece of the stream"))
        if choice is None:
            continue
        delta = choice.get("delta")
        texts.append(_text(delta) if isinstance(delta, dict) else "")
        finish = str(choice.get("finish_reason") or finish)
        logprobs = logprobs or choice.get("logprobs")
    if not finish:
        raise _malformed("the stream of the reply was cut off: it does not say why it ended")
    return Completion("".join(texts), finish, _first_token(logprobs))


def _events(text: str) -> Iterator[str]:
    """Yield the data of each event until `[DONE]`: WHATWG HTML, 9.2.6, without names and ids.

    An event that no empty line ends is not given, as the standard says.
    """
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if line.startswith("data:"):
            lines.append(line[5:].removeprefix(" "))
        elif not line and lines:
            event = "\n".join(lines)
            lines.clear()
            if event.strip() == "[DONE]":
                return
            yield event


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _malformed(f"{what} is not JSON: {text[:200]!r}") from None
    if not isinstance(found, dict):
        raise _malformed(f"{what} should be a JSON object, not {text[:200]!r}")
    if found.get("error"):
        raise _malformed(f"{what} is an error: {json.dumps(found['error'])[:500]}")
    return found


def _choice(found: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first choice, or None if there is none: the last piece may tell usage only."""
    choices = found.get("choices")
    if not isinstance(choices, list) or not choices:
        return None
    if not isinstance(choices[0], dict):
        raise _malformed("its first choice is no JSON object")
    return choices[0]


def _text(message: dict[str, Any]) -> str:
    """Return what was said; a refusal is said, too, and has no score in it."""
    for key in ("content", "refusal"):
        found = message.get(key)
        if found is not None and not isinstance(found, str):
            raise _malformed(f"the {key!r} of the reply is no text")
        if found:
            return str(found)
    return ""


def _first_token(logprobs: Any) -> tuple[tuple[str, float], ...] | None:
    try:
        top = logprobs["content"][0]["top_logprobs"]
        return tuple((str(item["token"]), float(item["logprob"])) for item in top) or None
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _malformed(message: str) -> RequestFailure:
    """A reply that is no reply may come from a server or proxy that is about to fail or start."""
    return RequestFailure(message, again=True)
