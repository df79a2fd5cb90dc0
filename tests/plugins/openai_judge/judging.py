"""Loads the judge `openai` in this process, as a worker does, and asks it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from editgauge import Reply, ScoreRequest
from editgauge.config_schemas.openai_judge import OpenAIJudgeConfig
from editgauge.core.config import plain_with_secrets
from editgauge.core.models import Config, make_config
from editgauge.plugins.openai_judge.model import OpenAIJudge
from tests.plugins.qwen_models import picture
from tests.support.scripted_server import (
    MODEL,
    Answer,
    Asked,
    ScriptedServer,
    completion,
    serving,
)

KEY = "sk-planted0123456789"
LETTERS = tuple("ABCDEFGHIJK")
VALUES = tuple(float(value) for value in range(11))


def judge_config(base_url: str, **options: Any) -> Config:
    """The configuration as a worker gets it, with short waits."""
    values = {
        "type": "openai",
        "base_url": base_url,
        "model": MODEL,
        "api_key": KEY,
        "retry_pause": 0.01,
        "max_pixels": 64 * 64,
    }
    config = OpenAIJudgeConfig.model_validate(values | options)
    plain: Config = make_config(plain_with_secrets(config))
    return plain


@contextmanager
def loaded(base_url: str, **options: Any) -> Iterator[OpenAIJudge]:
    """A judge that is closed at the end."""
    judge = OpenAIJudge()
    judge.load(judge_config(base_url, **options), "cpu")
    try:
        yield judge
    finally:
        judge.close()


class Shared:
    """A judge and its server that several tests use, one after another."""

    def __init__(self, judge: OpenAIJudge, server: ScriptedServer) -> None:
        self.judge = judge
        self.server = server

    def score(self, answer: Callable[[Asked, int], Answer]) -> list[Reply]:
        """Ask one request of a server that answers so."""
        self.server.asked.clear()
        self.server.answer = answer
        return self.judge.score([ask()], silent)


@contextmanager
def shared(**options: Any) -> Iterator[Shared]:
    with (
        serving(lambda _asked, _number: completion()) as server,
        loaded(server.base_url, **options) as judge,
    ):
        yield Shared(judge, server)


def ask(number: int = 0, *, labelled: bool = False, **changes: Any) -> ScoreRequest:
    fields: dict[str, Any] = {
        "id": f"s{number}",
        "index": number,
        "images": (picture(number), picture(number + 1)),
        "system": "You compare pictures.",
        "prompt": f"Is edit number {number} good?",
        "labels": LETTERS if labelled else (),
        "values": VALUES if labelled else (),
    }
    return ScoreRequest(**(fields | changes))


def silent(position: int, reply: Reply) -> None:
    """Hear no reply."""
