"""Checks that the daemon makes progress: frames arrive, and those that should be processed are processed.

A known fault is no reason to be killed: a camera that is lost and reconnects, one whose black images are kept from the
networks, a pause that somebody asked for, frames that are skipped because nobody signs. Nor is a camera that only
starts. A thread that hangs is one, since nothing but a restart helps there.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from edge.cameras.camera import ReportFault, ShouldProcess
from edge.cameras.fault_monitor import CameraTimeouts
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame

_TIMEOUTS: Final = CameraTimeouts()
_REPORTED_S: Final = 2.0  # for the fault to be reported once a limit has passed, on a busy machine
START_S: Final = _TIMEOUTS.abandon_after_s + _TIMEOUTS.abandon_start_after_s + _REPORTED_S
"""The longest time that a camera takes for its first image before that is reported as a fault, in seconds."""


class LivenessMonitor:
    """Observes the threads that capture and process frames; the service's watchdog asks it now and then."""

    def __init__(self, status: DeviceStatus, clock: Callable[[], float] = time.monotonic) -> None:
        """`status` reports whether the camera is known to be lost; `clock` returns seconds."""
        self._status = status
        self._clock = clock
        self._lock = threading.Lock()
        self._arrived = self._wanted = self._done = False
        self._starts_until: float | None = None
        self._has_begun = False
        self.is_stalled = False
        """True if there was no progress when `is_alive` was last asked."""

    def observe_capture(self, should_process: ShouldProcess) -> ShouldProcess:
        """Return the decision with each call of it observed; the camera's thread asks it once per arriving frame."""

        def observed(time: float) -> bool:
            wanted = should_process(time)
            with self._lock:
                self._arrived = self._has_begun = True
                self._wanted |= wanted
            return wanted

        return observed

    def observe_processing(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames; each counts as processed when the next one is asked for."""
        for frame in frames:
            with self._lock:
                self._has_begun = True
            yield frame
            self.frame_done()

    def observe_faults(self, report_fault: ReportFault) -> ReportFault:
        """Return the camera's report with each fault observed.

        It comes from the thread that processes frames, in place of a frame that is black or the one before it again.
        """

        def observed(fault: str | None) -> None:
            report_fault(fault)
            if fault is not None:
                self.frame_done()

        return observed

    def frame_done(self) -> None:
        """Note that a frame was processed."""
        with self._lock:
            self._done = self._has_begun = True

    def is_alive(self) -> bool:
        """Return True if capture and processing made progress since this was last asked.

        A processed frame proves both. Frames that arrived and were all skipped leave the networks nothing to do. No
        frame at all is healthy only while the camera is known to be lost, since it is then being reconnected, and for
        START_S from the first time that this is asked, since a camera that was just opened takes its time.
        """
        now = self._clock()
        with self._lock:
            if self._starts_until is None:
                self._starts_until = now + START_S
            is_starting = not self._has_begun and now < self._starts_until
            arrived, wanted, done = self._arrived, self._wanted, self._done
            self._arrived = self._wanted = self._done = False
        alive = is_starting or done or (not wanted if arrived else Component.CAMERA in self._status.faults)
        self.is_stalled = not alive
        return alive
