"""One run of the process of the visitors' recognition, as the web process sees it."""

import asyncio
import logging
import os
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from edge.sinks.web.visitors.protocol import Message, receive

log = logging.getLogger(__name__)

_START_S: Final = 60.0  # a small device, busy with its own stream, loads slowly
_ANSWER_S: Final = 20.0
_LEAVE_S: Final = 1.0
_REMEMBERED: Final = 4000
_PIECE: Final = 1 << 12


class RecognitionLost(Exception):
    """The process ended or hangs; the message says how."""

    def __init__(self, how: str, *, is_at_fault: bool = False) -> None:
        """`is_at_fault` says that it was busy with what it was asked, and not with what others had asked before."""
        super().__init__(how)
        self.is_at_fault = is_at_fault


class RecognitionRefused(Exception):
    """The process cannot do what it is for; the message says why."""


class RecognitionProcess:
    """Asked, it answers in order; several may wait for their answers at the same time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Of a process that was just started; see `start`."""
        self._process = process
        self._asked: deque[asyncio.Future[Message]] = deque()
        self._complaints = b""
        self._over: str | None = None
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._gather_complaints())]

    @classmethod
    async def start(cls) -> Self:
        """Start one and wait until everything is loaded. Raises RecognitionLost, RecognitionRefused, OSError."""
        # What is imported here is imported there, and (-P) nothing else that lies in the current folder.
        process = cls(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "edge.sinks.web.visitors",
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        )
        try:
            process._refuse(await process._answered(_START_S))
        except (asyncio.CancelledError, RecognitionLost, RecognitionRefused):
            await process.close()
            raise
        return process

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether it answers no more."""
        return self._over is not None

    @property
    def why_over(self) -> str:
        """Why it answers no more."""
        return self._over or "it answers still"

    async def take_up(self, folder: Path, threshold: float | None) -> str:
        """Read with this bundle from now on; gives its title. Raises RecognitionRefused, RecognitionLost."""
        header = {"action": "load_model", "folder": str(folder.absolute()), "threshold": threshold}
        answer = await self.ask(Message(header), patience_s=_START_S)
        self._refuse(answer)
        title: str = answer.header["model"]
        return title

    async def ask(self, message: Message, *, patience_s: float = _ANSWER_S) -> Message:
        """Its answer. Raises RecognitionLost; who never answers is ended."""
        if self._over is not None or self._process.stdin is None:
            raise RecognitionLost(self._over or "it has ended")
        self._process.stdin.write(message.encode())
        return await self._answered(patience_s)

    async def close(self) -> None:
        """End it: by closing its input, and by force if it does not."""
        self._give_up("it was told to end")
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _LEAVE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answered(self, patience_s: float) -> Message:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked.append(future)
        try:
            # Shielded: the answer to somebody who has left meanwhile still comes, and is nobody else's.
            return await asyncio.wait_for(asyncio.shield(future), patience_s)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            raise RecognitionLost(f"it gave no answer within {patience_s:.0f} s", is_at_fault=True) from None

    def _refuse(self, answer: Message) -> None:
        if "refused" in answer.header:
            raise RecognitionRefused(answer.header["refused"])

    async def _listen(self) -> None:
        if self._process.stdout is None:
            raise AssertionError("the process was started with three pipes")
        while (answer := await receive(self._process.stdout)) is not None:
            future = self._asked.popleft()
            if not future.done():
                future.set_result(answer)
        code = await self._process.wait()
        await self._tasks[1]
        self._give_up(self._last_words(code))

    async def _gather_complaints(self) -> None:
        """Read what libraries write on standard error; a damaged picture makes them write."""
        if self._process.stderr is None:
            raise AssertionError("the process was started with three pipes")
        while piece := await self._process.stderr.read(_PIECE):
            self._complaints = (self._complaints + piece)[-_REMEMBERED:]

    def _give_up(self, why: str) -> None:
        self._over, is_first = self._over or why, True
        while self._asked:
            future = self._asked.popleft()
            if not future.done():
                future.set_exception(RecognitionLost(self._over, is_at_fault=is_first))
                future.exception()  # nobody may wait for it any more
            is_first = False

    def _last_words(self, code: int) -> str:
        complaints = self._complaints.decode(errors="replace").strip()
        if complaints:
            log.debug("the visitors' recognition wrote: %s", complaints)
        if code < 0:
            return f"it was ended by signal {-code}"
        return complaints.splitlines()[-1] if complaints else f"it left with code {code}"
