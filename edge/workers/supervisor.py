"""Keeps a worker process running: starts it, feeds it, and restarts it with back-off when it ends or hangs.

Messages are accepted at once, whatever happens to the process: they wait in a queue, and a thread writes what the
process takes.
"""

import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Generic

from edge.workers.backoff import Backoff
from edge.workers.process import Program, WorkerProcess
from edge.workers.protocol import M, Message, encode
from edge.workers.supervised_thread import Escalation, SupervisedThread

log = logging.getLogger(__name__)

_CLOSE_TIMEOUT_S: Final = 0.6
_POLL_S: Final = 1.0


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Callbacks(Generic[M]):
    """Functions that the owner of a supervised process provides; the supervisor's thread calls them."""

    initial_messages: Callable[[], Iterable[Message]]
    """Returns what a new process is sent first. It replaces everything that was queued before."""
    next_message: Callable[[], Message | None]
    """Returns what to send when the queue is empty; call `wake` when there is something new."""
    receive: Callable[[M], None]
    """Receives each message of the process."""
    report: Callable[[str | None], None]
    """Receives why the process does not work, at every failed attempt, and None when it works (`report_ready`)."""
    escalation: Escalation
    """Receives the faults of the supervisor's thread itself."""
    poll: Callable[[], str | None] = lambda: None
    """Returns why the process cannot work now, so that it is ended or not started; called every second."""
    suspended: Callable[[], None] = _nothing
    """Called when the process has ended because of `suspend`."""


def new_backoff() -> Backoff:
    """Return the default delays between two attempts to start a process."""
    return Backoff(first_s=0.5, longest_s=15.0, stable_after_s=10.0)


class SupervisedProcess(Generic[M]):
    """One program, kept running until it is closed."""

    def __init__(
        self,
        program: Program[M],
        callbacks: Callbacks[M],
        *,
        name: str,
        max_queued: int | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """`name` appears in the log; of more than `max_queued` messages the oldest are dropped."""
        self._program = program
        self._callbacks = callbacks
        self._name = name
        self._backoff = backoff or new_backoff()
        self.lock = threading.RLock()
        """Held while `initial_messages` is called. Hold it to change those and send the change in one step."""
        self._queue: deque[Message] = deque(maxlen=max_queued)
        self._wakeup_writer, self._wakeup_reader = socket.socketpair()
        self._wakeup_writer.settimeout(0.0)
        self._wakeup_reader.settimeout(0.0)
        self._closing = threading.Event()
        self._skip_delay = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()
        self._must_end = False
        self._restart_reason: str | None = None
        self._is_failed = False
        self.pid: int | None = None
        """The process id while one runs."""
        self._thread = SupervisedThread(f"the supervisor of {name}", self._supervise, callbacks.escalation)

    def start(self) -> None:
        """Start the process; it is restarted whenever it ends."""
        self._thread.start()

    def send(self, message: Message) -> None:
        """Queue a message for the process. Does not block."""
        with self.lock:
            self._queue.append(message)
        self.wake()

    def wake(self) -> None:
        """Have `next_message` called now."""
        try:
            self._wakeup_writer.send(b"!")
        except OSError:
            return  # a wake-up is pending, or the process has ended for good

    def restart(self, reason: str) -> None:
        """End the process, which failed for this reason, and start another."""
        self._restart_reason = reason
        self.wake()

    def suspend(self) -> None:
        """End the process, and start none until `resume`. That is no failure."""
        self._wanted.clear()
        self._must_end = True
        self.wake()

    def resume(self) -> None:
        """Keep the process running again."""
        self._wanted.set()

    def retry_now(self) -> None:
        """Skip the delay before the next attempt."""
        self._skip_delay.set()
        self.wake()

    def report_ready(self, first: str, again: str) -> None:
        """Report that the process works and log it: `again` after a failure, else `first`."""
        log.log(logging.WARNING if self._is_failed else logging.INFO, again if self._is_failed else first)
        self._is_failed = False
        self._callbacks.report(None)

    def close(self) -> None:
        """End the process; one that does not end in time is abandoned."""
        self._closing.set()
        self._wanted.set()  # so that the thread notices at once
        self.retry_now()
        if self._thread.close(_CLOSE_TIMEOUT_S):
            self._wakeup_writer.close()
            self._wakeup_reader.close()

    def _supervise(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            if self._closing.is_set():
                return
            if (unavailable := self._callbacks.poll()) is not None:
                self._report_failure(unavailable)
                self._skip_delay.wait(_POLL_S)
                continue
            started_at = time.monotonic()
            failure = self._run()
            if failure is not None:
                self._report_failure(failure)
                self._skip_delay.wait(self._backoff.delay_s(time.monotonic() - started_at))
                self._skip_delay.clear()
            elif not self._closing.is_set():
                self._callbacks.suspended()

    def _run(self) -> str | None:
        """Run the process once; return why it failed, or None when it was suspended or closed."""
        self._must_end, self._restart_reason = False, None
        try:
            with WorkerProcess(self._program) as process:
                self.pid = process.pid
                return self._feed(process)
        except OSError as error:
            return f"its process cannot be started: {error}"
        finally:
            self.pid = None

    def _feed(self, process: WorkerProcess[M]) -> str | None:
        """Exchange messages with the process until it fails, is suspended or closed."""
        with self.lock:
            self._queue.clear()
            self._queue.extend(self._callbacks.initial_messages())
        polled_at = time.monotonic()
        unwritten = memoryview(b"")
        while self._wanted.is_set() and not (self._must_end or self._closing.is_set()):
            unwritten = unwritten or memoryview(self._next_bytes())
            process.wait(self._wakeup_reader.fileno(), _POLL_S, to_write=bool(unwritten))
            self._clear_wakeup()
            unwritten = unwritten[process.write(unwritten) :] if unwritten else unwritten
            for message in process.receive():
                self._callbacks.receive(message)
            failure = process.check() or self._restart_reason
            if failure is None and time.monotonic() - polled_at > _POLL_S:
                polled_at = time.monotonic()
                failure = self._callbacks.poll()
            if failure is not None:
                return failure
        return None

    def _next_bytes(self) -> bytes:
        with self.lock:
            message = self._queue.popleft() if self._queue else None
        if message is None:
            message = self._callbacks.next_message()
        return b"" if message is None else encode(message)

    def _clear_wakeup(self) -> None:
        try:
            self._wakeup_reader.recv(1 << 12)
        except BlockingIOError:
            return

    def _report_failure(self, reason: str) -> None:
        """Log once when the process is lost, not at every attempt."""
        if self._closing.is_set():
            return
        if not self._is_failed:
            log.warning("%s is lost: %s; trying again until it is back", self._name, reason)
        self._is_failed = True
        self._callbacks.report(reason)
