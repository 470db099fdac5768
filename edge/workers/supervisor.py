"""Keeps a program running beside the daemon: starts it, feeds it, and starts it again when it ends or hangs.

Whatever happens to that program, messages are taken at once: they wait in a bounded buffer, and a thread of their own
writes what the program takes.
"""

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic

from edge.monitoring.status import Component, DeviceStatus
from edge.workers.backoff import Backoff
from edge.workers.process import CompanionProcess, Program
from edge.workers.protocol import M, Message, encode

log = logging.getLogger(__name__)

_LEAVE_S: Final = 0.6
_LOOK_S: Final = 1.0  # between two looks at what it works on
_FIRST_RETRY_S: Final = 0.5
_LONGEST_RETRY_S: Final = 15.0
_STABLE_S: Final = 10.0  # a run of so long was no failed start


@dataclass(frozen=True, slots=True)
class Host(Generic[M]):
    """Who keeps a companion, and is called by its thread."""

    beginning: Callable[[], Iterable[Message]]
    """What a new run is told first: all that still matters of what was sent before, which it is not told again."""
    spare: Callable[[], Message | None]
    """What to tell it when no message waits; whoever has something new for this, rings."""
    hear: Callable[[M], None]
    """Is told what it answers."""
    away: Callable[[], str | None] = lambda: None
    """Why it cannot work now, so that it is ended, or not even started; asked every second."""


class SupervisedProcess(Generic[M]):
    """One program, kept running until it is closed."""

    def __init__(
        self, program: Program[M], host: Host[M], *, name: str, part: Component, status: DeviceStatus, waiting: int
    ) -> None:
        """The log knows it by `name`, the standing by `part`; of more than `waiting` messages the oldest go."""
        self._program = program
        self._host = host
        self._name = name
        self._part = part
        self._status = status
        self.lock = threading.RLock()
        """Held while `beginning` is asked for; to be held, too, to change that and send the change as one."""
        self._waiting: deque[Message] = deque(maxlen=waiting)
        self._bell, self._ear = socket.socketpair()
        self._bell.settimeout(0.0)
        self._ear.settimeout(0.0)
        self._leaving = threading.Event()
        self._lost = False
        self.pid: int | None = None
        """The number of its process, while one runs."""
        # A daemon thread: a program that hangs in a driver must not keep this one from leaving.
        self._thread = threading.Thread(target=self._keep_running, name=part.value, daemon=True)

    def start(self) -> None:
        """Start it; one that ends is started again for ever."""
        self._thread.start()

    def send(self, message: Message) -> None:
        """Tell it something. Does not block."""
        with self.lock:
            self._waiting.append(message)
        self.ring()

    def ring(self) -> None:
        """Have the host asked for what is to spare."""
        try:
            self._bell.send(b"!")
        except BlockingIOError:
            return  # it rings already

    def tell_well(self, first: str, again: str) -> None:
        """It works: what to log of that when it was lost before, and when it was not."""
        log.log(logging.WARNING if self._lost else logging.INFO, again if self._lost else first)
        self._lost = False
        self._status.report(self._part, None)

    def close(self) -> None:
        """End it; one that does not let go is left behind."""
        self._leaving.set()
        self.ring()
        self._thread.join(_LEAVE_S)

    def _keep_running(self) -> None:
        backoff = Backoff(_FIRST_RETRY_S, _LONGEST_RETRY_S, stable_after_s=_STABLE_S)
        while not self._leaving.is_set():
            away = self._host.away()
            if away is not None:
                self._tell_lost(away)
                self._leaving.wait(_LOOK_S)
                continue
            began = time.monotonic()
            trouble = self._run()
            if trouble is None:
                return
            self._tell_lost(trouble)
            self._leaving.wait(backoff.delay_s(time.monotonic() - began))

    def _run(self) -> str | None:
        """One run of the program; returns why it ended, or None when it is not wanted any more."""
        try:
            with CompanionProcess(self._program) as process:
                self.pid = process.pid
                return self._feed(process)
        except OSError as error:
            return f"its program cannot be started: {error}"
        finally:
            self.pid = None

    def _feed(self, process: CompanionProcess[M]) -> str | None:
        """Tell the program what there is to tell, until it fails or is not wanted any more."""
        with self.lock:
            self._waiting.clear()
            self._waiting.extend(self._host.beginning())
        looked_at = time.monotonic()
        unwritten = memoryview(b"")
        while not self._leaving.is_set():
            unwritten = unwritten or memoryview(self._next())
            process.wait(self._ear.fileno(), _LOOK_S, to_write=bool(unwritten))
            self._hush()
            unwritten = unwritten[process.write(unwritten) :] if unwritten else unwritten
            for answer in process.answers():
                self._host.hear(answer)
            if process.trouble is not None:
                return process.trouble
            if time.monotonic() - looked_at > _LOOK_S:
                looked_at = time.monotonic()
                if (away := self._host.away()) is not None:
                    return away
        return None

    def _next(self) -> bytes:
        """The message to write now."""
        with self.lock:
            message = self._waiting.popleft() if self._waiting else None
        if message is None:
            message = self._host.spare()
        return b"" if message is None else encode(message)

    def _hush(self) -> None:
        try:
            self._ear.recv(1 << 12)
        except BlockingIOError:
            return

    def _tell_lost(self, why: str) -> None:
        """Log once when it is lost, not at every try."""
        if self._leaving.is_set():
            return
        if not self._lost:
            log.warning("%s is lost: %s; trying again until it is back", self._name, why)
        self._lost = True
        self._status.report(self._part, why)
