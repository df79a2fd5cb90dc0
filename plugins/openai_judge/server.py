"""Talks to the server: one try of one request, by the official client."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

from editgauge import Config
from editgauge.plugins.openai_judge.client_library import openai
from editgauge.plugins.openai_judge.completions import Completion, read_completion, read_stream
from editgauge.plugins.openai_judge.failures import RequestFailure, Wording, no_list

LONGEST_RESPONSE = 16 * 2**20
"""Bytes of a response that are read; a reply of 100,000 characters is the longest that counts."""
_LONGEST_ERROR = 64 * 2**10
"""Bytes of the body of an error that are read; a few hundred characters of it are shown."""
_LONGEST_CHECK = 30.0


class Server:
    """A server, as the configuration of the judge names it. Belongs to one event loop."""

    def __init__(self, config: Config) -> None:
        """Open no connection yet."""
        self._config = config
        headers: dict[str, str] = config.headers.to_dict()
        # The client knows this one by this spelling only.
        headers = {
            "Authorization" if name.lower() == "authorization" else name: value
            for name, value in headers.items()
        }
        self._left_out: dict[str, Any] = {}
        if config.api_key is None and "Authorization" not in headers:
            # The client insists on a key; without one, this is how nothing is sent.
            self._left_out["Authorization"] = openai.Omit()
        self._wording = Wording(
            [*([config.api_key] if config.api_key else []), *headers.values()],
            no_key=_why_no_key(config) if self._left_out else "",
        )
        self._client = openai.AsyncOpenAI(
            base_url=config.base_url,
            api_key=config.api_key or "none",
            default_headers=headers,
            timeout=config.timeout,
            # Retries are counted, spaced and limited outside of it.
            max_retries=0,
            # A redirect would send pictures, prompts and headers to an address nobody configured.
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False, event_hooks={"response": [self._refuse]}
            ),
        )

    async def complete(self, body: dict[str, Any]) -> Completion:
        """Return the completion that a request gets.

        Raises:
            RequestFailure: it gets none.
        """
        create = self._client.chat.completions.with_streaming_response.create
        data = await self._read(
            create(
                **body, extra_headers=self._left_out, extra_body=self._config.extra_body.to_dict()
            )
        )
        try:
            return read_stream(data) if body.get("stream") else read_completion(data)
        except RequestFailure as failure:
            raise RequestFailure(self._wording.line(str(failure)), again=failure.again) from None

    async def models(self) -> list[dict[str, Any]]:
        """Return what the server lists at `/models`.

        Raises:
            RequestFailure: it answers something else, or nothing.
        """
        longest = min(self._config.timeout, _LONGEST_CHECK)
        ask = self._client.models.with_streaming_response.list
        asking = ask(extra_headers=self._left_out, timeout=None)
        try:
            content = await asyncio.wait_for(self._read(asking), longest)
        # Another class than the built-in one in Python 3.10.
        except asyncio.TimeoutError:  # noqa: UP041
            raise RequestFailure(
                f"no whole answer within {longest:g} s",
                again=True,
                first_aid="the server may be busy or still starting: try again; 'check_server: "
                "none' leaves this look out",
            ) from None
        try:
            found: Any = json.loads(content)
        except (ValueError, RecursionError):
            found = None
        data = found.get("data") if isinstance(found, dict) else None
        if not isinstance(data, list):
            raise no_list(self._wording.line(content[:200].decode("utf-8", "replace")))
        return [entry for entry in data if isinstance(entry, dict)]

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    def line(self, text: str) -> str:
        """Return text from the server as one line without secrets."""
        return self._wording.line(text)

    async def _read(self, asking: AbstractAsyncContextManager[Any]) -> bytes:
        """Return the bytes of the response, once it is whole.

        Raises:
            RequestFailure: it does not come, its status is no success, it was cut off, or is too
                long.
        """
        try:
            async with asking as response:
                try:
                    return await _whole(response.iter_bytes())
                except (openai.OpenAIError, RequestFailure):
                    raise
                except Exception as error:  # noqa: BLE001 - of the HTTP library, which varies
                    raise RequestFailure(
                        f"the response was cut off: {self._wording.line(_reason(error))}",
                        again=True,
                    ) from None
        except openai.OpenAIError as error:
            raise self._failure(error) from None

    async def _refuse(self, response: Any) -> None:
        """Raise what a status other than success stands for, before the client reads on for ever.

        Raises:
            RequestFailure: the status is no success; the client wraps it in an error of its own.
        """
        if response.is_success:
            return
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _LONGEST_ERROR:
                break
        raise self._wording.of_status(
            response.status_code,
            response.headers,
            bytes(body[:_LONGEST_ERROR]).decode("utf-8", "replace"),
        )

    def _failure(self, error: openai.OpenAIError) -> RequestFailure:
        if isinstance(error.__cause__, RequestFailure):
            return error.__cause__
        if isinstance(error, openai.APITimeoutError):
            return RequestFailure(f"no answer within {self._config.timeout:g} s", again=True)
        if isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            return RequestFailure(
                f"no connection, or it was cut off: {self._wording.line(_reason(cause))}",
                again=True,
                first_aid="start the server, or mend 'base_url'",
            )
        return RequestFailure(self._wording.line(_reason(error)), again=False)


def _why_no_key(config: Config) -> str:
    return (
        "no key was sent: there is no 'api_key', and the environment variable "
        f"{config.api_key_variable} ('api_key_variable'), which it is read from otherwise, is not "
        "set; set it where editgauge is started"
    )


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
