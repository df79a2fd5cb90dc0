"""The reward model `openai`: a judge behind an OpenAI-compatible server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from editgauge import Config, OnReply, Reply, RewardModel, ScoreRequest
from editgauge.plugins.openai_judge.client_library import openai
from editgauge.plugins.openai_judge.completions import Completion
from editgauge.plugins.openai_judge.failures import RequestFailure
from editgauge.plugins.openai_judge.given_up import GivenUp
from editgauge.plugins.openai_judge.label_odds import expected_value
from editgauge.plugins.openai_judge.patience import Patience
from editgauge.plugins.openai_judge.requests import request_body
from editgauge.plugins.openai_judge.server import Server

Result = TypeVar("Result")


class OpenAIJudge(RewardModel):
    """Sends the requests of a batch side by side, and tries again what may still succeed."""

    @classmethod
    def check(cls, config: Config) -> None:
        """Look whether the server answers at `/models`, and lists the model.

        Raises:
            RequestFailure: it does not.
        """
        if config.check_server != "none":
            asyncio.run(_listing(config))

    @classmethod
    def fingerprint(cls, config: Config) -> str:
        """Return what the server lists of the model that stays when it is started again.

        Its `root` and `parent`, where it has them: the folder or repository that vLLM and SGLang
        serve under that name. `created` is left out, for it is often the time of the start.

        Raises:
            RequestFailure: the server does not answer.
        """
        if config.check_server == "none":
            return ""
        entry = asyncio.run(_listing(config)) or {}
        parts = [f"{key} {entry[key]}" for key in ("id", "root", "parent") if entry.get(key)]
        return ", ".join(parts)

    def load(self, config: Config, device: str) -> None:
        """Open nothing yet: the first request does. The device is not used."""
        del device
        self._config = config
        self._loop = asyncio.new_event_loop()
        self._server = Server(config)
        self._patience = Patience(config)
        self._given_up = GivenUp()

    def score(self, requests: Sequence[ScoreRequest], on_reply: OnReply) -> list[Reply]:
        """Return one reply per request; each is told as it comes.

        Raises:
            RequestFailure: the only request was given up.
            BatchFailure: at least one of several was. The others have been told.
        """
        results = self._loop.run_until_complete(self._score(requests, on_reply))
        failures = [result for result in results if isinstance(result, BaseException)]
        if not failures:
            return [result for result in results if isinstance(result, Reply)]
        for failure in failures:
            if not isinstance(failure, RequestFailure):
                raise failure
        if len(requests) == 1:
            # What the server did is in its message; where it was noticed here tells nobody more.
            raise failures[0].with_traceback(None)
        self._given_up.keep(
            [
                (request, result)
                for request, result in zip(requests, results)  # noqa: B905 - Python 3.10
                if isinstance(result, RequestFailure)
            ]
        )
        raise BatchFailure(
            f"{len(failures)} of {len(requests)} requests were given up, the first one because "
            f"{failures[0]}"
        )

    def describe(self) -> dict[str, str | int | float | bool]:
        """Return what is asked, and where."""
        return {
            "server": self._config.base_url,
            "model": self._config.model,
            "client": f"openai {openai.__version__}",
            "concurrency": self._config.concurrency,
            "max_tokens": self._config.max_tokens,
            "structured_output": self._config.structured_output,
        }

    def close(self) -> None:
        """Close every connection."""
        self._loop.run_until_complete(self._server.close())
        self._loop.close()

    async def _score(
        self, requests: Sequence[ScoreRequest], on_reply: OnReply
    ) -> list[Reply | BaseException]:
        free = asyncio.Semaphore(self._config.concurrency)

        async def answer(position: int, request: ScoreRequest) -> Reply:
            async with free:
                reply = await self._answer(request)
            on_reply(position, reply)
            return reply

        tasks = [asyncio.ensure_future(answer(*item)) for item in enumerate(requests)]
        try:
            # Each to its end: a request that fails takes no other one with it.
            return await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:
                task.cancel()

    async def _answer(self, request: ScoreRequest) -> Reply:
        known = self._given_up.take(request)
        if known is not None:
            raise known
        body = await asyncio.to_thread(request_body, self._config, request)
        completion = await self._patience.complete(lambda: self._server.complete(body))
        return self._reply(request, completion)

    def _reply(self, request: ScoreRequest, completion: Completion) -> Reply:
        if completion.finish == "content_filter":
            raise RequestFailure("the server's content filter stopped the reply", again=False)
        if not request.labels:
            return Reply(completion.text, truncated=completion.finish == "length")
        if completion.first_token is None:
            raise RequestFailure(
                "the server gives no log-probabilities ('top_logprobs' of the first token), which "
                "'score_by: logprobs' is read from; use 'score_by: text'",
                again=False,
            )
        value, likeliest = expected_value(completion.first_token, request.labels, request.values)
        return Reply(likeliest, value)


class BatchFailure(Exception):  # noqa: N818 - its requests may have been answered
    """Requests of a batch were given up; the run then asks for each by itself."""


async def _listing(config: Config) -> dict[str, Any] | None:
    """Return what the server lists of the model, or None if it need not list it and does not."""
    server = Server(config)
    where = f"{config.base_url}/models"
    try:
        models = await _closing(server, server.models)
    except RequestFailure as failure:
        advice = f"; {failure.first_aid}" if failure.first_aid else ""
        raise RequestFailure(f"{where}: {failure}{advice}", again=False) from None
    names = [str(model.get("id")) for model in models]
    if config.model in names:
        return models[names.index(config.model)]
    if config.check_server == "answers":
        return None
    listed = ", ".join(repr(server.line(name)) for name in names[:10]) or "no model at all"
    raise RequestFailure(
        f"{where} does not list the model {config.model!r}, but {listed}. Set 'model' to one of "
        "these names; for a server that does not list what it serves, set 'check_server: answers'",
        again=False,
    )


async def _closing(server: Server, ask: Callable[[], Awaitable[Result]]) -> Result:
    try:
        return await ask()
    finally:
        await server.close()
