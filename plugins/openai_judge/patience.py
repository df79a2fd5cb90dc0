"""How often a request is sent again, and when it is given up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from editgauge import Config
from editgauge.plugins.openai_judge.failures import RequestFailure, pause_before
from editgauge.plugins.openai_judge.pacing import Pace

Result = TypeVar("Result")


class Patience:
    """Sends requests again as long as the configuration allows.

    A server that has given no good answer at all while a request was tried to its end is taken to
    be down. From then on each request is tried once, until one succeeds: a server that died at
    night costs the patience for one sample, not for every one.
    """

    def __init__(self, config: Config) -> None:
        """Begin with a server that is taken to be up."""
        self._config = config
        self._pace = Pace(config.requests_per_minute)
        self._down = False
        self._last_success = 0.0

    async def complete(self, send: Callable[[], Awaitable[Result]]) -> Result:
        """Return what `send` returns, in the end.

        Raises:
            RequestFailure: it was given up; the message says after how many tries.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        until = started + self._config.give_up_after
        tries = 0
        failure = RequestFailure("it was never this request's turn", again=True)
        while await self._pace.turn(until):
            tries += 1
            try:
                result = await asyncio.wait_for(
                    send(), min(self._config.timeout, until - loop.time())
                )
            # Another class than the built-in one in Python 3.10.
            except asyncio.TimeoutError:  # noqa: UP041
                failure = RequestFailure(
                    f"no whole answer within {self._config.timeout:g} s", again=True
                )
            except RequestFailure as error:
                failure = error
            else:
                self._down, self._last_success = False, loop.time()
                return result
            if not failure.again or self._down or tries > self._config.max_retries:
                break
            wait = failure.wait
            if wait is None:
                wait = pause_before(tries, self._config.retry_pause)
            if loop.time() + wait >= until:
                break
            if failure.wait is not None:
                self._pace.hold(wait)
            else:
                await asyncio.sleep(wait)
        if failure.again and self._last_success <= started:
            self._down = True
        raise _given_up(failure, tries, loop.time() - started)


def _given_up(failure: RequestFailure, tries: int, seconds: float) -> RequestFailure:
    asked = "" if failure.wait is None else f", and asks to wait {failure.wait:g} s"
    tried = f" (given up after {tries} tries in {seconds:.0f} s{asked})" if failure.again else ""
    return RequestFailure(f"{failure}{tried}", again=failure.again)
