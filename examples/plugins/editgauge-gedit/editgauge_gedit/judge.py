"""The judge: asks a server twice about each sample. Python 3.10, standard library and Pillow."""

import base64
import json
import math
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import editgauge
from editgauge import Config, OnReply, Reply, ScoreRequest
from PIL import Image

from editgauge_gedit.scores import UnreadableError, overall, read_two_numbers, to_reply


class GEditJudge(editgauge.RewardModel):
    """SC from source and edited image, PQ from the edited image alone, sqrt(SC * PQ)."""

    @classmethod
    def check(cls, config: Config) -> None:
        """Look whether the server is there and has the model, before anything is edited."""
        models = [entry["id"] for entry in _ask(config, "models")["data"]]
        if config.model not in models:
            raise RuntimeError(
                f"{config.base_url} has no model {config.model!r}; it has {', '.join(models)}"
            )

    def load(self, config: Config, device: str) -> None:
        """Keep the configuration: the model is loaded elsewhere."""
        del device
        self._config = config

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply for each request; several are asked about at a time."""

        def judge(position: int) -> Reply:
            reply = self._judge(requests[position])
            on_reply(position, reply)
            return reply

        with ThreadPoolExecutor(self._config.concurrency) as threads:
            return list(threads.map(judge, range(len(requests))))

    def _judge(self, request: ScoreRequest) -> Reply:
        about_both = self._answer(request.prompt, request.images)
        about_edit = self._answer(self._config.quality_prompt, request.images[-1:])
        words = f"consistency: {about_both}\nquality: {about_edit}"
        try:
            consistency, quality = read_two_numbers(about_both), read_two_numbers(about_edit)
        except UnreadableError as error:
            # No number is made up: a value that is no number makes the sample `unparsed`.
            return Reply(f"{error}\n{words}", value=math.nan)
        return Reply(
            f"{to_reply(consistency, quality)}\n{words}", value=overall(consistency, quality)
        )

    def _answer(self, prompt: str, images: Sequence[Image.Image]) -> str:
        pictures = [{"type": "image_url", "image_url": {"url": _data_url(one)}} for one in images]
        content = [*pictures, {"type": "text", "text": prompt}]
        reply = _ask(
            self._config,
            "chat/completions",
            {
                "model": self._config.model,
                "messages": [{"role": "user", "content": content}],
                "max_tokens": self._config.max_tokens,
                "temperature": 0,
            },
        )
        answer = reply["choices"][0]["message"]["content"]
        if not isinstance(answer, str):
            raise TypeError(f"the server answered without a text: {answer!r:.200}")
        return answer


def _data_url(image: Image.Image) -> str:
    file = BytesIO()
    image.save(file, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _ask(config: Config, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what the server answers; the configuration allows http and https only.

    Raises:
        RuntimeError: it refuses, or there is none.
    """
    address = f"{config.base_url.rstrip('/')}/{path}"
    headers = {"Content-Type": "application/json"}
    key = os.environ.get(config.key_variable)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, headers)  # noqa: S310 - http and https only
    try:
        with urllib.request.urlopen(request, timeout=config.timeout) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(500).decode(errors="replace")
        raise RuntimeError(f"{address} answered {error.code}: {said}") from error
    except (OSError, ValueError) as error:
        raise RuntimeError(f"{address} does not answer as expected: {error}") from error
