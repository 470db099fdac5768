"""Beats while the daemon really gets on: frames come, and those that are wanted go through the networks.

What is wrong but known is no reason to be killed: a camera that is away and tried again, a pause that was asked for,
frames that nobody wants because nobody signs. A thread that stands still is, and nothing but a restart helps there.
"""

import threading
from collections.abc import Iterator

from edge.cameras.camera import Camera, ShouldProcess
from edge.monitoring.status import Component, DeviceStatus
from landmarkers.frame import Frame


class LivenessMonitor:
    """Felt by the threads that do the work; asked now and then by the one that feeds the watchdog."""

    def __init__(self, status: DeviceStatus) -> None:
        """`standing` tells whether the camera is known to be away."""
        self._status = status
        self._lock = threading.Lock()
        self._came = self._wanted = self._read = False
        self.is_stalled = False
        """Whether it did not beat when it was last asked."""

    def observe_capture(self, wanted: ShouldProcess) -> ShouldProcess:
        """What says whether a frame is wanted, felt at each frame that comes; it is asked on the camera's thread."""

        def is_wanted(time: float) -> bool:
            answer = wanted(time)
            with self._lock:
                self._came = True
                self._wanted |= answer
            return answer

        return is_wanted

    def frame_done(self) -> None:
        """A frame was dealt with, and the next one is waited for."""
        with self._lock:
            self._read = True

    def is_alive(self) -> bool:
        """Whether capture and inference got on since this was last asked.

        A frame that was read came from somewhere, so both did. Frames that came and were not wanted leave the networks
        in peace. No frame at all is well only while the camera is known to be away, for then it is tried again.
        """
        with self._lock:
            came, wanted, read = self._came, self._wanted, self._read
            self._came = self._wanted = self._read = False
        beats = read or (not wanted if came else Component.CAMERA in self._status.faults)
        self.is_stalled = not beats
        return beats


class MonitoredCamera:
    """A camera whose frames the heart feels when they have been dealt with: when the next one is asked for."""

    def __init__(self, camera: Camera, heart: LivenessMonitor) -> None:
        self._camera = camera
        self._heart = heart

    def frames(self) -> Iterator[Frame]:
        """The camera's frames. Raises what the camera raises."""
        for frame in self._camera.frames():
            yield frame
            self._heart.frame_done()

    def stop(self) -> None:
        """End after the frame in hand."""
        self._camera.stop()
