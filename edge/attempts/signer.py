"""The attempts of a signer, one after another.

In front of a live camera the signer gets a countdown and has a while to raise a hand. In a recorded stream every sign
is one attempt.
"""

import math
import threading
from collections.abc import Iterator
from typing import Final, Protocol

from edge.attempts.quality import find_fault
from edge.attempts.rejection import Fault, Rejection
from edge.cameras.camera import Camera
from landmarkers.frame import Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.take import Take
from models.activity_detection import MIN_REST_S, RaisedHandSpotter, is_hand_raised
from models.manifest import SpotterSettings

MAX_ATTEMPTS: Final = 5
"""After so many in a row that were not good enough, something else must be corrected first."""
COUNTDOWN_S: Final = 3
TIMEOUT_S: Final = 10.0


class LandmarkStream:
    """The landmarks of a camera's frames, and the height of its images."""

    def __init__(self, camera: Camera, landmarker: Landmarker) -> None:
        self._camera = camera
        self._frames = camera.frames()
        self._landmarker = landmarker
        self.stopped = threading.Event()
        """Set when the user interrupts; a sign in progress is then incomplete."""
        self.height: float | None = None
        """In image widths; None until an image has come."""

    def landmarks(self) -> Iterator[Landmarks]:
        """Yield the landmarks of every frame. Raises what the camera raises."""
        for frame in self._frames:
            height, width = frame.image.shape[:2]
            self.height = height / width if width else None
            yield self._landmarker.detect(frame)

    def stop(self) -> None:
        """Interrupt the recording, from any thread."""
        self.stopped.set()
        self._camera.stop()

    def close(self) -> None:
        """Stop the camera and let it release its device."""
        self._camera.stop()
        for _ in self._frames:
            pass


class LandmarkSource(Protocol):
    """Yields the landmarks of frame after frame, as LandmarkStream does."""

    height: float | None

    def landmarks(self) -> Iterator[Landmarks]:
        """Yield the landmarks of every frame."""


class Guide(Protocol):
    """Tells the signer what to do, as the prompt in the terminal does."""

    def ask_for_rest(self) -> None:
        """Ask for hands at rest, which the countdown begins with."""

    def count_down(self, seconds: int) -> None:
        """Show how many seconds are left."""

    def start(self) -> None:
        """Show that it is time to sign."""


class StreamEnded(Exception):
    """The stream has ended, or the user has stopped it."""


class Signer(Protocol):
    """Produces one attempt after another."""

    def next_take(self) -> Take | Rejection:
        """Return the next sign if it is good enough. Raises StreamEnded and what the camera raises."""


class LiveSigner:
    """Somebody in front of a camera, with a countdown before each sign once the hands rest."""

    def __init__(self, stream: LandmarkSource, spotter: SpotterSettings, guide: Guide) -> None:
        self._stream = stream
        self._landmarks = stream.landmarks()
        self._spotter = spotter
        self._guide = guide

    def next_take(self) -> Take | Rejection:
        """Count down and wait for a sign."""
        return self._count_down() or self._wait_for_sign()

    def _count_down(self) -> Rejection | None:
        """Count three seconds with the hands at rest; a raised hand restarts the count."""
        began: float | None = None
        rest_began: float | None = None
        shown: int | None = None
        for landmarks in self._landmarks:
            began = landmarks.time if began is None else began
            if self._is_raised(landmarks):
                if shown != 0:
                    self._guide.ask_for_rest()
                rest_began, shown = None, 0
                if landmarks.time - began > TIMEOUT_S:
                    return Rejection(Fault.NO_REST, f"your hands did not come to rest within {TIMEOUT_S:.0f} s")
                continue
            rest_began = landmarks.time if rest_began is None else rest_began
            left = COUNTDOWN_S - int(landmarks.time - rest_began)
            if left <= 0:
                return None
            if left != shown:
                self._guide.count_down(left)
                shown = left
        raise StreamEnded

    def _wait_for_sign(self) -> Take | Rejection:
        self._guide.start()
        spotter = RaisedHandSpotter(self._spotter, "")
        active_at: float | None = None
        for landmarks in self._landmarks:
            for take in list(spotter.push(landmarks)):
                return _check(take, self._spotter, self._stream.height)
            if active_at is None or self._is_raised(landmarks):
                active_at = landmarks.time
            if landmarks.time - active_at > TIMEOUT_S:
                return Rejection(Fault.NO_HAND, f"no hand rose within {TIMEOUT_S:.0f} s")
        raise StreamEnded

    def _is_raised(self, landmarks: Landmarks) -> bool:
        return is_hand_raised(landmarks, self._spotter.raise_threshold)


class RecordedSigner:
    """A recorded stream, of which every sign is one attempt."""

    def __init__(self, stream: LandmarkStream, spotter: SpotterSettings) -> None:
        self._stream = stream
        self._spotter = spotter
        self._takes = self._segment()
        self._previous_end = -math.inf

    def next_take(self) -> Take | Rejection:
        """Return the next sign of the stream; its end completes the sign in progress."""
        for take in self._takes:
            is_continuation = take.times[0] - self._previous_end < MIN_REST_S
            self._previous_end = float(take.times[-1])
            if not is_continuation:  # of a sign that exceeded the spotter's maximum duration
                return _check(take, self._spotter, self._stream.height)
        raise StreamEnded

    def _segment(self) -> Iterator[Take]:
        spotter = RaisedHandSpotter(self._spotter, "")
        for landmarks in self._stream.landmarks():
            yield from list(spotter.push(landmarks))
        if not self._stream.stopped.is_set():
            yield from spotter.flush()


def _check(take: Take, spotter: SpotterSettings, height: float | None) -> Take | Rejection:
    return find_fault(take, spotter, height) or take
