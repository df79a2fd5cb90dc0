"""When the next request of a worker may begin."""

import asyncio


class Pace:
    """Spreads requests evenly, and holds all of them back where the server asks for it."""

    def __init__(self, per_minute: float | None) -> None:
        """Let `per_minute` requests begin in a minute; None for any number."""
        self._gap = 0.0 if per_minute is None else 60.0 / per_minute
        self._next = 0.0

    async def turn(self, until: float) -> bool:
        """Wait for the next turn and return true, or return false if it comes after `until`.

        Args:
            until: a time of the running event loop.
        """
        loop = asyncio.get_running_loop()
        while self._next > loop.time():
            if self._next >= until:
                return False
            await asyncio.sleep(self._next - loop.time())
        self._next = loop.time() + self._gap
        return True

    def hold(self, seconds: float) -> None:
        """Let no request begin for so long: what one was told holds for all."""
        self._next = max(self._next, asyncio.get_running_loop().time() + seconds)
