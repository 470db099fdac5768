"""Reads what visitors sign, in a process that runs while somebody is here and is started again when it dies.

Visitors take turns: whoever wants one waits behind those who came before, and nobody has more than one, so that turns
go round. Two are given at a time: while one is read the next is on its way.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from edge.sinks.web.visitors.process import RecognitionLost, RecognitionProcess, RecognitionRefused
from edge.sinks.web.visitors.protocol import Message

log = logging.getLogger(__name__)

_TURNS: Final = 2
_STAYS_S: Final = 30.0  # after the last visitor: the next comes to a warm place, and an idle device has its memory back
_FIRST_RETRY_S: Final = 0.5
_LONGEST_RETRY_S: Final = 10.0
_STEADY_S: Final = 60.0  # a run of so long was no failed start


class Recogniser:
    """The visitors' recognition, whatever becomes of its process."""

    def __init__(self) -> None:
        self._model: tuple[Path, float | None] | None = None
        self._process: RecognitionProcess | None = None
        self._changing = asyncio.Lock()
        self._turns = asyncio.Semaphore(_TURNS)
        self._present: set[int] = set()
        self._ending: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._retry_s = 0.0
        self._retry_at = 0.0
        self._started_at = 0.0
        self._refusal: str | None = None  # why it could not be started when that was last tried
        self.turns_taken = 0
        """How many have a turn now."""
        self.deaths = 0
        """How often the process died."""

    @property
    def pid(self) -> int | None:
        """The number of the process, while one runs."""
        return None if self._process is None or self._process.is_over else self._process.pid

    def take_up(self, folder: Path, threshold: float | None) -> None:
        """Read with this bundle from now on, or from when somebody comes; without a threshold its own holds."""
        self._model, self._retry_at = (folder, threshold), 0.0
        if self.pid is not None:
            self._do(self._take_up())

    async def come(self, visitor: int) -> None:
        """Somebody is here: see that the process runs. Raises RecognitionRefused, RecognitionLost."""
        self._present.add(visitor)
        if self._ending is not None:
            self._ending.cancel()
        await self._running()

    def go(self, visitor: int) -> None:
        """A visitor has left."""
        self._present.discard(visitor)
        if self.pid is not None:
            self._do(self._forget(visitor))
        if not self._present:
            self._ending = asyncio.get_running_loop().call_later(_STAYS_S, lambda: self._do(self._rest()))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[RecognitionProcess]:
        """A turn at the process; after it the next visitor has one. Raises RecognitionRefused, RecognitionLost."""
        async with self._turns:
            self.turns_taken += 1
            try:
                yield await self._running()
            finally:
                self.turns_taken -= 1

    async def close(self) -> None:
        """End the process."""
        if self._ending is not None:
            self._ending.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        async with self._changing:
            await self._end()

    async def _running(self) -> RecognitionProcess:
        """The process, started if none runs."""
        async with self._changing:
            if self._process is not None and not self._process.is_over:
                return self._process
            if self._process is not None:
                self._tell_death(self._process)
                await self._end()
            wait_s = self._retry_at - time.monotonic()
            if wait_s > 0.0 and self._refusal is not None:
                raise RecognitionRefused(self._refusal)
            await asyncio.sleep(max(0.0, wait_s))
            self._process = await self._start()
            return self._process

    async def _start(self) -> RecognitionProcess:
        if self._model is None:
            raise RecognitionRefused("no model reads here yet")
        self._started_at = time.monotonic()
        try:
            process = await RecognitionProcess.start()
            try:
                title = await process.take_up(*self._model)
            except (asyncio.CancelledError, RecognitionRefused, RecognitionLost):
                await process.close()
                raise
        except (OSError, RecognitionRefused, RecognitionLost) as error:
            self._wait_longer()
            self._refusal = str(error)
            log.warning("nobody can try their own camera: %s", error)
            raise RecognitionRefused(self._refusal) from error
        self._refusal = None
        log.info("%s reads what visitors sign, in process %d", title, process.pid)
        return process

    def _tell_death(self, process: RecognitionProcess) -> None:
        self.deaths += 1
        if time.monotonic() - self._started_at > _STEADY_S:
            self._retry_s = 0.0
        self._wait_longer()
        log.warning("the visitors' recognition is lost and started again: %s", process.why_over)

    def _wait_longer(self) -> None:
        self._retry_at = time.monotonic() + self._retry_s
        self._retry_s = min(max(_FIRST_RETRY_S, 2 * self._retry_s), _LONGEST_RETRY_S)

    async def _take_up(self) -> None:
        async with self._changing:
            if self._process is None or self._model is None:
                return
            try:
                title = await self._process.take_up(*self._model)
            except RecognitionRefused as error:
                log.warning("visitors go on with the old model: %s", error)
            except RecognitionLost:
                return  # who has the next turn starts another, with this model
            else:
                log.info("%s reads what visitors sign", title)

    async def _forget(self, visitor: int) -> None:
        if self._process is not None:
            try:
                await self._process.ask(Message({"action": "close_stream", "visitor": visitor}))
            except RecognitionLost:
                return  # another one never knew the visitor

    async def _rest(self) -> None:
        async with self._changing:
            if not self._present:
                await self._end()

    async def _end(self) -> None:
        if self._process is not None:
            await self._process.close()
            self._process = None

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
