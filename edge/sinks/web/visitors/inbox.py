"""The inbox of a visitor, which keeps only the latest request: a slow turn never processes an outdated picture."""

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """The action that a visitor requests, its content, and the time of receipt on the monotonic clock in seconds."""

    action: str
    content: bytes = b""
    received_at: float = 0.0


class Inbox:
    """Keeps one request; a later one replaces it."""

    def __init__(self) -> None:
        self._request: Request | None = None
        self._filled = asyncio.Event()
        self._processed = asyncio.Event()

    def put(self, request: Request) -> bool:
        """Store a request, and return True if it replaces another one."""
        replaced, self._request = self._request is not None, request
        self._filled.set()
        self._processed.clear()
        return replaced

    async def wait(self, timeout_s: float | None) -> bool:
        """Wait until a request is stored; return False if none was within the timeout."""
        try:
            await asyncio.wait_for(self._filled.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def take(self) -> Request | None:
        """Remove and return the request; the caller calls `task_done` when it is processed."""
        request, self._request = self._request, None
        self._filled.clear()
        return request

    def task_done(self) -> None:
        """Mark the taken request as processed."""
        if self._request is None:
            self._processed.set()

    async def join(self) -> None:
        """Wait until every request was processed."""
        await self._processed.wait()
