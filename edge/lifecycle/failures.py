"""The failures of the daemon's threads, of which the last resort is to end it so that it is started anew."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Final

from edge.monitoring.status import Component, DeviceStatus
from edge.workers.supervised_thread import Escalation

log = logging.getLogger(__name__)

_STOP_S: Final = 10.0


class DaemonFailed(Exception):
    """The daemon has ended because one of its threads failed again and again."""


class ThreadFailures:
    """Reports the faults of threads that outlive the stages of a plan, and ends the daemon when a thread gives up."""

    def __init__(self, stop: Callable[[], None]) -> None:
        """`stop` ends the daemon as a signal would."""
        self._stop = stop
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._status: DeviceStatus | None = None
        self._deadline = threading.Timer(_STOP_S, os._exit, (1,))  # what is broken may keep it from stopping, too
        self._deadline.daemon = True

    def attach(self, status: DeviceStatus) -> None:
        """Report faults to the status of the stages that run now."""
        with self._lock:
            self._status = status

    def report(self, thread: str, fault: str | None) -> None:
        """Report a thread's fault, or None when the thread works."""
        with self._lock:
            status = self._status
        if status is not None:
            status.report_thread(Component.DAEMON, thread, fault)

    def give_up(self, reason: str) -> None:
        """End the daemon soon; `check` then raises."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
        log.critical("the daemon ends, to be started anew: %s", reason)
        self._deadline.start()
        self._stop()

    def escalation(self, *, may_end_daemon: bool = True) -> Escalation:
        """Return where the faults of a supervised thread go."""
        return Escalation(self.report, self.give_up if may_end_daemon else None)

    def check(self) -> None:
        """Raise DaemonFailed if a thread has given up; call it when everything has stopped."""
        self._deadline.cancel()
        with self._lock:
            if self._reason is not None:
                raise DaemonFailed(self._reason)
