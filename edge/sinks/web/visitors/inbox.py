"""Where what a visitor sent waits for a turn: the newest picture alone, so that a slow turn never makes it stale."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What came, what is to be done with it, and when it came, on the monotonic clock."""

    do: str
    content: bytes = b""
    at: float = 0.0


class Inbox:
    """Keeps one arrival; a newer one takes its place."""

    def __init__(self) -> None:
        self._arrival: Request | None = None
        self._there = asyncio.Event()
        self._read = asyncio.Event()

    def put(self, arrival: Request) -> bool:
        """Let this one wait; gives whether it takes the place of another."""
        replaced, self._arrival = self._arrival is not None, arrival
        self._there.set()
        self._read.clear()
        return replaced

    async def come(self, patience_s: float | None) -> bool:
        """Wait until something is there; False when nothing came for so long."""
        try:
            await asyncio.wait_for(self._there.wait(), patience_s)
        except TimeoutError:
            return False
        return True

    def take(self) -> Request | None:
        """What is there by now; `done` is to follow."""
        arrival, self._arrival = self._arrival, None
        self._there.clear()
        return arrival

    def done(self) -> None:
        """What was taken is read."""
        if self._arrival is None:
            self._read.set()

    async def wait_read(self) -> None:
        """Wait until all that was put is read."""
        await self._read.wait()
