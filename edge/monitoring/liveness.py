"""Checks that the daemon makes progress: frames arrive, and those that should be processed are processed.

A known fault is no reason to be killed: a camera that is lost and reconnects, a pause that somebody asked for, frames
that are skipped because nobody signs. A thread that hangs is one, since nothing but a restart helps there.
"""

import threading
from collections.abc import Iterable, Iterator

from edge.cameras.camera import ShouldProcess
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame


class LivenessMonitor:
    """Observes the threads that capture and process frames; the service's watchdog asks it now and then."""

    def __init__(self, status: DeviceStatus) -> None:
        """`status` reports whether the camera is known to be lost."""
        self._status = status
        self._lock = threading.Lock()
        self._arrived = self._wanted = self._done = False
        self.is_stalled = False
        """True if there was no progress when `is_alive` was last asked."""

    def observe_capture(self, should_process: ShouldProcess) -> ShouldProcess:
        """Return the decision with each call of it observed; the camera's thread asks it once per arriving frame."""

        def observed(time: float) -> bool:
            wanted = should_process(time)
            with self._lock:
                self._arrived = True
                self._wanted |= wanted
            return wanted

        return observed

    def observe_processing(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the frames; each counts as processed when the next one is asked for."""
        for frame in frames:
            yield frame
            self.frame_done()

    def frame_done(self) -> None:
        """Note that a frame was processed."""
        with self._lock:
            self._done = True

    def is_alive(self) -> bool:
        """Return True if capture and processing made progress since this was last asked.

        A processed frame proves both. Frames that arrived and were all skipped leave the networks nothing to do. No
        frame at all is healthy only while the camera is known to be lost, since it is then being reconnected.
        """
        with self._lock:
            arrived, wanted, done = self._arrived, self._wanted, self._done
            self._arrived = self._wanted = self._done = False
        alive = done or (not wanted if arrived else Component.CAMERA in self._status.faults)
        self.is_stalled = not alive
        return alive
