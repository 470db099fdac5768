"""Turns SIGTERM and Ctrl-C into a call of `stop`, SIGHUP into one of `reload`, from a thread and not from a handler.

A handler interrupts the main thread anywhere, also where it holds the very lock that stopping needs. So the handlers do
nothing; Python's own C code writes each signal's number into a pipe, and a thread reads it there.
https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd
"""

import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_EXIT_AT_ONCE: Final = 130
_OVER: Final = 0


class StopSignals:
    """Calls `stop` at the first signal and leaves at once at the second. To be entered in the main thread.

    SIGHUP is such a signal too, for it comes when a terminal is closed, unless there is something to reload.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop: Callable[[], None] | None = None
        self._reload: Callable[[], None] | None = None
        self._came = False

    @property
    def stop_requested(self) -> bool:
        """Whether a signal to stop has come."""
        with self._lock:
            return self._came

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Call this at the first signal, or now if it has come already."""
        with self._lock:
            self._stop = stop
            came = self._came
        if came:
            stop()

    def on_reload(self, reload: Callable[[], None]) -> None:
        """Call this at each SIGHUP from now on, instead of stopping. It must not block: signals wait for it."""
        with self._lock:
            self._reload = reload

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        # What is ignored from the start, as SIGHUP by nohup, stays so.
        listened = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        self._handlers = {number: signal.signal(number, lambda *_: None) for number in listened}
        self._wakeup = signal.set_wakeup_fd(self._writer)
        self._thread = threading.Thread(target=self._wait, name="signals", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.write(self._writer, bytes([_OVER]))
        self._thread.join()
        os.close(self._writer)
        os.close(self._reader)

    def _wait(self) -> None:
        while (number := os.read(self._reader, 1)[0]) != _OVER:
            with self._lock:
                call = self._reload if number == signal.SIGHUP else None
                if call is None:
                    if self._came:
                        os._exit(_EXIT_AT_ONCE)
                    self._came = True
                    call = self._stop
            if call is not None:
                call()
