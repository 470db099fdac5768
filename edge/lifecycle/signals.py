"""Calls `stop` at SIGTERM and Ctrl-C and `reload` at SIGHUP, from a thread and not from a signal handler.

A handler interrupts the main thread anywhere, even where it holds the very lock that stopping needs. So the handlers do
nothing; Python's own C code writes each signal's number into a pipe, and a thread reads it there.
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from edge.workers.supervised_thread import Escalation, SupervisedThread

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_IMMEDIATE_EXIT_CODE: Final = 130
_ONE_REQUEST_S: Final = 1.0  # `timeout` signals a process and then its group, the process again with it
_CLOSE: Final = 0  # no signal has this number
# After a failure to stop the next signal exits at once; there is nobody else to report to.
_ESCALATION: Final = Escalation(report=lambda _thread, _fault: None, give_up=None)


class StopSignals:
    """Calls `stop` at the first signal and exits at once at a second. Must be entered in the main thread.

    Signals within a second are one request, since some programs send it to the process and to its group.
    SIGHUP, which also comes when a terminal is closed, counts as such a signal unless there is something to reload.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self._reload: Callable[[], None] | None = None
        self._stop_requested_at: float | None = None

    @property
    def stop_requested(self) -> bool:
        """Return True if a signal to stop has come."""
        with self._lock:
            return self._stop_requested_at is not None

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Call this at the first signal, or now if it has already come."""
        with self._lock:
            self._stop = stop
            requested = self._stop_requested_at is not None
        if requested:
            stop()

    def request_stop(self) -> None:
        """Stop as at the first signal."""
        with self._lock:
            self._stop_requested_at = time.monotonic()
            stop = self._stop
        if stop is not None:
            stop()
            self._stop_requested_at = time.monotonic()  # signals that came meanwhile are read only now

    def on_reload(self, reload: Callable[[], None]) -> None:
        """Call this at each SIGHUP from now on, instead of stopping. It must not block: signals wait for it."""
        with self._lock:
            self._reload = reload

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        # A signal that is ignored from the start stays ignored, such as SIGHUP under nohup.
        handled = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, lambda *_: None) for number in handled}
        self._wakeup = signal.set_wakeup_fd(self._writer)
        self._thread = SupervisedThread("signal handling", self._run, _ESCALATION)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.write(self._writer, bytes([_CLOSE]))
        self._thread.close()
        os.close(self._writer)
        os.close(self._reader)

    def _run(self) -> None:
        while (number := os.read(self._reader, 1)[0]) != _CLOSE:
            with self._lock:
                reload = self._reload if number == signal.SIGHUP else None
            if reload is not None:
                reload()
            elif self._stop_requested_at is None:
                self.request_stop()
            elif time.monotonic() - self._stop_requested_at > _ONE_REQUEST_S:
                os._exit(_IMMEDIATE_EXIT_CODE)
