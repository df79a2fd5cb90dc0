"""Talks to the server: one try of one request, by the official client."""

from collections.abc import AsyncIterator
from typing import Any

import openai

from editgauge import Config
from editgauge.plugins.openai_judge.completions import Completion, read_completion, read_stream
from editgauge.plugins.openai_judge.failures import RequestFailure, Wording

LONGEST_RESPONSE = 16 * 2**20
"""Bytes of a response that are read; a reply of 100,000 characters is the longest that counts."""
_LONGEST_CHECK = 30.0


class Server:
    """A server, as the configuration of the judge names it. Belongs to one event loop."""

    def __init__(self, config: Config) -> None:
        """Open no connection yet."""
        self._config = config
        headers: dict[str, str] = config.headers.to_dict()
        self._wording = Wording([*([config.api_key] if config.api_key else []), *headers.values()])
        # The client knows this one by this spelling only.
        headers = {
            "Authorization" if name.lower() == "authorization" else name: value
            for name, value in headers.items()
        }
        self._left_out: dict[str, Any] = {}
        if config.api_key is None and "Authorization" not in headers:
            # The client insists on a key; without one, this is how nothing is sent.
            self._left_out["Authorization"] = openai.Omit()
        self._client = openai.AsyncOpenAI(
            base_url=config.base_url,
            api_key=config.api_key or "none",
            default_headers=headers,
            timeout=config.timeout,
            # Retries are counted, spaced and limited outside of it.
            max_retries=0,
            # A redirect would send pictures, prompts and headers to an address nobody configured.
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Return the completion that a request gets.

        Raises:
            RequestFailure: it gets none.
        """
        try:
            data = await self._read(body)
        except openai.OpenAIError as error:
            raise self._failure(error) from None
        try:
            return read_stream(data) if body.get("stream") else read_completion(data)
        except RequestFailure as failure:
            raise RequestFailure(self._wording.line(str(failure)), again=failure.again) from None

    async def models(self) -> list[dict[str, Any]]:
        """Return what the server lists at `/models`.

        Raises:
            RequestFailure: it answers something else, or nothing.
        """
        try:
            response = await self._client.models.with_raw_response.list(
                extra_headers=self._left_out, timeout=min(self._config.timeout, _LONGEST_CHECK)
            )
        except openai.OpenAIError as error:
            raise self._failure(error) from None
        try:
            found: Any = response.http_response.json()
        except ValueError:
            found = None
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, list):
            said = self._wording.line(response.http_response.text[:200])
            raise RequestFailure(f"it sends no list of models, but {said!r}", again=False)
        return [entry for entry in data if isinstance(entry, dict)]

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    def line(self, text: str) -> str:
        """Return text from the server as one line without secrets."""
        return self._wording.line(text)

    async def _read(self, body: dict[str, Any]) -> bytes:
        """Return the bytes of the response, once it is whole.

        Raises:
            OpenAIError: it does not come, or its status is no success.
            RequestFailure: it was cut off, or is too long.
        """
        create = self._client.chat.completions.with_streaming_response.create
        async with create(
            **body, extra_headers=self._left_out, extra_body=self._config.extra_body.to_dict()
        ) as response:
            try:
                return await _whole(response.iter_bytes())
            except (openai.OpenAIError, RequestFailure):
                raise
            except Exception as error:  # noqa: BLE001 - of the HTTP library, which varies
                raise RequestFailure(
                    f"the response was cut off: {self._wording.line(_reason(error))}",
                    again=True,
                ) from None

    def _failure(self, error: openai.OpenAIError) -> RequestFailure:
        if isinstance(error, openai.APIStatusError):
            return self._wording.of_status(
                error.status_code, error.response.headers, error.response.text
            )
        if isinstance(error, openai.APITimeoutError):
            what = f"no answer within {self._config.timeout:g} s"
        elif isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            what = f"no connection, or it was cut off: {self._wording.line(_reason(cause))}"
        else:
            return RequestFailure(self._wording.line(_reason(error)), again=False)
        return RequestFailure(what, again=True)


async def _whole(parts: AsyncIterator[bytes]) -> bytes:
    data = bytearray()
    async for part in parts:
        data += part
        if len(data) > LONGEST_RESPONSE:
            raise RequestFailure(
                f"the response is longer than {LONGEST_RESPONSE // 2**20} MiB", again=False
            )
    return bytes(data)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
