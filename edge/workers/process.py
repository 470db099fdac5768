"""A companion as the daemon sees it: written to and read from without ever waiting for it."""

import logging
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Final, Generic, Self

from edge.workers.protocol import Decoder, Garbled, Lost, M

log = logging.getLogger(__name__)

_LEAVE_S: Final = 0.3  # the kernel takes back from a killed program what it held, so there is no need for patience
_SILENCE_S: Final = 15.0  # it tells every two seconds that it lives
_PIECE: Final = 1 << 16
_REMEMBERED: Final = 4000


@dataclass(frozen=True, slots=True)
class Program(Generic[M]):
    """What is started: a module of this program, with arguments and file descriptors that it shares."""

    module: str
    kinds: tuple[type[M], ...]
    """The messages that it may answer."""
    arguments: tuple[str, ...] = ()
    descriptors: tuple[int, ...] = ()


class CompanionProcess(Generic[M]):
    """One run of a program, from its start to its end."""

    def __init__(self, program: Program[M]) -> None:
        """Start it. Raises OSError."""
        # What is imported here is imported there, and (-P) nothing else that lies in the current folder.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", program.module, *program.arguments],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=program.descriptors,
        )
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        self._decoder = Decoder(program.kinds)
        self._complaints = b""
        self._why = ""
        self._heard_at = time.monotonic()
        self._ended = False

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def wait(self, bell: int, timeout_s: float, *, to_write: bool) -> None:
        """Wait until it says something, takes what is `to_write`, or a file descriptor can be read."""
        stdin, stdout, stderr = self._pipes
        reading: list[int | IO[bytes]] = [bell] if self._ended else [bell, stdout, stderr]
        select.select(reading, [stdin] if to_write else [], [], timeout_s)

    def write(self, content: memoryview) -> int:
        """How many of these bytes it took, now."""
        try:
            return os.write(self._pipes[0].fileno(), content[:_PIECE])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            self._ended = True
            return 0

    def answers(self) -> list[M]:
        """What it answered since."""
        self._complaints = (self._complaints + self._read(self._pipes[2]))[-_REMEMBERED:]
        try:
            answers = list(self._decoder.feed(self._read(self._pipes[1])))
        except Garbled as error:
            log.debug("the companion answers %s", error)
            self._ended, self._why = True, "its program answers nonsense"
            return []
        if answers:
            self._heard_at = time.monotonic()
        for answer in answers:
            if isinstance(answer, Lost):
                self._why = answer.why
        return answers

    @property
    def trouble(self) -> str | None:
        """Why it does nothing any more, or None while it does."""
        if self._ended:
            return self._why or self._last_words()
        if time.monotonic() - self._heard_at > _SILENCE_S:
            return "its program does not answer"
        return None

    def _last_words(self) -> str:
        """Why it ended without a word: by a signal, or by what it wrote last on standard error."""
        try:
            code = self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            return "its program listens no more"
        complaints = self._complaints.decode(errors="replace").strip()
        if complaints:
            log.debug("the companion wrote: %s", complaints)
        if code < 0:
            return f"its program was ended by signal {-code}"
        return complaints.splitlines()[-1] if complaints else f"its program left with code {code}"

    def _read(self, pipe: IO[bytes]) -> bytes:
        try:
            piece = os.read(pipe.fileno(), _PIECE)
        except BlockingIOError:
            return b""
        self._ended = self._ended or not piece
        return piece

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("the program was started with three pipes")
        return process.stdin, process.stdout, process.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell it to leave by closing its input; one that does not is killed."""
        self._pipes[0].close()
        try:
            self._process.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in self._pipes[1:]:
            pipe.close()
