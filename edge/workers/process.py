"""One run of a worker process, written to and read from without blocking."""

import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Final, Generic, Self

from edge.workers.protocol import Decoder, Failure, M, ProtocolError

log = logging.getLogger(__name__)

_EXIT_TIMEOUT_S: Final = 0.3  # a killed process needs no time to clean up: the kernel frees what it held
_HEARTBEAT_TIMEOUT_S: Final = 15.0  # a worker sends one every two seconds
_START_TIMEOUT_S: Final = 120.0  # for its first: a slow card and a busy processor take long to load its libraries
_CHUNK_BYTES: Final = 1 << 16
_STDERR_BYTES: Final = 4000


@dataclass(frozen=True, slots=True)
class Program(Generic[M]):
    """A module of this project that runs as a worker."""

    module: str
    replies: tuple[type[M], ...]
    """The kinds of messages that it may send."""
    arguments: tuple[str, ...] = ()
    pass_fds: tuple[int, ...] = ()
    """File descriptors that it inherits."""
    sends_heartbeats: bool = True
    """False for a worker that is silent while it computes; whoever sends it requests must limit their time."""
    environment: Mapping[str, str] | None = None
    """All its environment variables; None stands for those of this process."""


class WorkerProcess(Generic[M]):
    """One run of a program, from start to end."""

    def __init__(self, program: Program[M]) -> None:
        """Start the process. Raises OSError."""
        environment = os.environ if program.environment is None else program.environment
        # The worker imports from the same places, and (-P) nothing else that lies in the current folder.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", program.module, *program.arguments],
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=program.pass_fds,
        )
        for pipe in self._pipes:
            os.set_blocking(pipe.fileno(), False)
        self._decoder = Decoder(program.replies)
        self._sends_heartbeats = program.sends_heartbeats
        self._stderr = b""
        self._failure = ""
        self._received_at = time.monotonic()
        self._silence_s = _START_TIMEOUT_S
        self._ended = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait(self, wakeup_fd: int, timeout_s: float, *, to_write: bool) -> None:
        """Wait until the process sends something, can be written to (if `to_write`), or a descriptor is readable."""
        stdin, stdout, stderr = self._pipes
        readable: list[int | IO[bytes]] = [wakeup_fd] if self._ended else [wakeup_fd, stdout, stderr]
        select.select(readable, [stdin] if to_write else [], [], timeout_s)

    def write(self, content: memoryview) -> int:
        """Write as much as the pipe takes now and return the number of bytes."""
        try:
            return os.write(self._pipes[0].fileno(), content[:_CHUNK_BYTES])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            self._ended = True
            return 0

    def receive(self) -> list[M]:
        """Return the messages that have arrived."""
        self._stderr = (self._stderr + self._read(self._pipes[2]))[-_STDERR_BYTES:]
        try:
            messages = list(self._decoder.feed(self._read(self._pipes[1])))
        except ProtocolError as error:
            log.debug("process %d: %s", self.pid, error)
            self._ended, self._failure = True, "its process sends invalid messages"
            return []
        if messages:
            self._received_at, self._silence_s = time.monotonic(), _HEARTBEAT_TIMEOUT_S
        for message in messages:
            if isinstance(message, Failure):
                self._failure = message.reason
        return messages

    def check(self) -> str | None:
        """Return why the process does not work any more, or None while it does."""
        if self._ended:
            return self._failure or self._exit_reason()
        if self._sends_heartbeats and time.monotonic() - self._received_at > self._silence_s:
            return "its process does not answer"
        return None

    def _exit_reason(self) -> str:
        """Return the signal that ended the process, or the last line of its standard error."""
        try:
            code = self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "its process has closed its pipes"
        stderr = self._stderr.decode(errors="replace").strip()
        if stderr:
            log.debug("standard error of process %d: %s", self.pid, stderr)
        if code < 0:
            return f"its process was ended by signal {-code}"
        return stderr.splitlines()[-1] if stderr else f"its process ended with exit code {code}"

    def _read(self, pipe: IO[bytes]) -> bytes:
        try:
            chunk = os.read(pipe.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        self._ended = self._ended or not chunk
        return chunk

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
        process = self._process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("the process is started with three pipes")
        return process.stdin, process.stdout, process.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the standard input, which ends the process, and kill it if it does not end."""
        self._pipes[0].close()
        try:
            self._process.wait(_EXIT_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in self._pipes[1:]:
            pipe.close()
