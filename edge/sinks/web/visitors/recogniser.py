"""Recognises what visitors sign, in a worker that runs while somebody is present.

Visitors take turns: each waits behind those who asked before, and nobody has more than one turn at a time, which is
fair to all. Two turns are given at a time: while one request is processed the next is on its way.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from edge.sinks.web.visitors.process import RecognitionProcess
from edge.sinks.web.visitors.protocol import LoadModel

_TURNS: Final = 2
_IDLE_TIMEOUT_S: Final = 30.0  # the next visitor finds the worker ready, and an idle device gets its memory back


class Recogniser:
    """Shares one recognition worker among the visitors."""

    def __init__(self) -> None:
        self._process = RecognitionProcess()
        self._turns = asyncio.Semaphore(_TURNS)
        self._present: set[int] = set()
        self._idle_timeout: asyncio.TimerHandle | None = None
        self.turns_taken = 0
        """The number of turns in progress."""

    @property
    def pid(self) -> int | None:
        """The worker's process id, while one runs."""
        return self._process.pid

    @property
    def restarts(self) -> int:
        """The number of restarts of the worker after a crash or a hang."""
        return self._process.restarts

    def load_model(self, model: LoadModel) -> None:
        """Classify with this model from now on, or from the next start."""
        self._process.load_model(model)

    async def enter(self, visitor: int) -> None:
        """Add a visitor and wait until the worker is ready. Raises RecognitionRefused."""
        self._present.add(visitor)
        if self._idle_timeout is not None:
            self._idle_timeout.cancel()
        await self._process.ensure_ready()

    def leave(self, visitor: int) -> None:
        """Remove a visitor; the worker ends some time after the last has left."""
        self._present.discard(visitor)
        self._process.forget(visitor)
        if not self._present:
            self._idle_timeout = asyncio.get_running_loop().call_later(_IDLE_TIMEOUT_S, self._process.suspend)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[RecognitionProcess]:
        """Wait for a turn and yield the worker. Raises RecognitionRefused."""
        async with self._turns:
            self.turns_taken += 1
            try:
                await self._process.ensure_ready()
                yield self._process
            finally:
                self.turns_taken -= 1

    async def close(self) -> None:
        """End the worker."""
        if self._idle_timeout is not None:
            self._idle_timeout.cancel()
        await self._process.close()
