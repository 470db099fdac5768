"""Records take after take, word after word. `record` is the whole of it.

Before a live camera the signer is counted down and has a while to lift a hand. In a recorded stream every sign is one
take, in the order in which the words are wanted.
"""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge.cameras.camera import Camera
from edge.record.prompt import Prompt, format_sign
from edge.record.quality import find_fault
from edge.record.take_folder import TakeFolder
from landmarkers.errors import UserError
from landmarkers.frame import Landmarks
from landmarkers.landmarker import Landmarker
from landmarkers.take import Take
from models.activity_detection import MIN_REST_S, RaisedHandSpotter, is_hand_raised
from models.labels import Sign
from models.manifest import SpotterSettings

TRIES: Final = 5
COUNT_DOWN_S: Final = 3
PATIENCE_S: Final = 10.0


class AttemptsExhausted(UserError):
    """A word of which so many takes in a row were not good enough; the message says which and why."""


class LandmarkStream:
    """What the camera sees, as landmarks; remembers how tall the picture is."""

    def __init__(self, camera: Camera, landmarker: Landmarker) -> None:
        self._camera = camera
        self._frames = camera.frames()
        self._landmarker = landmarker
        self.stopped = threading.Event()
        """Whether the user broke off; a sign in hand is not whole then."""
        self.height: float | None = None
        """In picture widths; None as long as no picture came."""

    def landmarks(self) -> Iterator[Landmarks]:
        """The landmarks of every frame. Raises what the camera raises."""
        for frame in self._frames:
            tall, wide = frame.image.shape[:2]
            self.height = tall / wide if wide else None
            yield self._landmarker.detect(frame)

    def stop(self) -> None:
        """Break off, from any thread."""
        self.stopped.set()
        self._camera.stop()

    def close(self) -> None:
        """Let the camera end what it began."""
        self._camera.stop()
        for _ in self._frames:
            pass


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a try gave no take to keep."""

    reason: str


class StreamEnded(Exception):
    """The stream has ended, or the user has stopped it."""


class Signer(Protocol):
    """Gives one try after another."""

    def sign(self) -> Take | Fault:
        """The next sign, if it is good enough. Raises StreamOver and what the camera raises."""


def record(signer: Signer, signs: Sequence[Sign], takes: int, shelf: TakeFolder, prompt: Prompt) -> None:
    """Record until so many takes of each sign are there or the stream is over.

    Raises TriesSpent, ShelfUnusable and what the camera raises.
    """
    for sign in signs:
        rejected = 0
        while (there := shelf.count(sign)) < takes:
            prompt.ask(sign, there + 1, takes)
            try:
                seen = signer.sign()
            except StreamEnded:
                return
            if isinstance(seen, Take):
                shelf.put(seen, sign)
                prompt.keep(seen)
                rejected = 0
                continue
            rejected += 1
            prompt.reject(seen.reason)
            if rejected == TRIES:
                raise AttemptsExhausted(
                    f"{TRIES} tries in a row of {format_sign(sign)} were not good enough, the last because "
                    f"{seen.reason}; what was kept stays: mend this and run the same command again"
                )


class LiveSigner:
    """Somebody before a camera, counted down before each sign once the hands rest."""

    def __init__(self, view: LandmarkStream, spotter: SpotterSettings, prompt: Prompt) -> None:
        self._view = view
        self._stream = view.landmarks()
        self._settings = spotter
        self._prompt = prompt

    def sign(self) -> Take | Fault:
        """Count down and wait for a sign."""
        return self._count_down() or self._wait_for_sign()

    def _count_down(self) -> Fault | None:
        """Three seconds with the hands at rest; a raised hand begins them anew."""
        came: float | None = None
        rested: float | None = None
        told: int | None = None
        for landmarks in self._stream:
            came = landmarks.time if came is None else came
            if self._is_raised(landmarks):
                if told != 0:
                    self._prompt.wait_for_rest()
                rested, told = None, 0
                if landmarks.time - came > PATIENCE_S:
                    return Fault(f"your hands did not come to rest within {PATIENCE_S:.0f} s")
                continue
            rested = landmarks.time if rested is None else rested
            left = COUNT_DOWN_S - int(landmarks.time - rested)
            if left <= 0:
                return None
            if left != told:
                self._prompt.count(left)
                told = left
        raise StreamEnded

    def _wait_for_sign(self) -> Take | Fault:
        self._prompt.begin()
        spotter = RaisedHandSpotter(self._settings, "")
        awaited: float | None = None
        for landmarks in self._stream:
            for take in list(spotter.push(landmarks)):
                return _checked(take, self._settings, self._view.height)
            if awaited is None or self._is_raised(landmarks):
                awaited = landmarks.time
            if landmarks.time - awaited > PATIENCE_S:
                return Fault(f"no hand rose within {PATIENCE_S:.0f} s")
        raise StreamEnded

    def _is_raised(self, landmarks: Landmarks) -> bool:
        return is_hand_raised(landmarks, self._settings.raise_threshold)


class RecordedSigner:
    """A recorded stream, of which every sign is a try."""

    def __init__(self, view: LandmarkStream, spotter: SpotterSettings) -> None:
        self._view = view
        self._settings = spotter
        self._takes = self._cut()
        self._ended = -math.inf

    def sign(self) -> Take | Fault:
        """The next sign of the stream; its end ends the sign in hand."""
        for take in self._takes:
            goes_on = take.times[0] - self._ended < MIN_REST_S
            self._ended = float(take.times[-1])
            if not goes_on:  # from a sign that was longer than the spotter's longest
                return _checked(take, self._settings, self._view.height)
        raise StreamEnded

    def _cut(self) -> Iterator[Take]:
        spotter = RaisedHandSpotter(self._settings, "")
        for landmarks in self._view.landmarks():
            yield from list(spotter.push(landmarks))
        if not self._view.stopped.is_set():
            yield from spotter.flush()


def _checked(take: Take, spotter: SpotterSettings, height: float | None) -> Take | Fault:
    fault = find_fault(take, spotter, height)
    return take if fault is None else Fault(fault)
