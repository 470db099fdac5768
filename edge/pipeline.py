"""From camera to words: the way of every frame, top to bottom."""

from collections import deque
from collections.abc import Iterable, Sequence

from edge.cameras.camera import Camera
from edge.monitoring.frame_rate import Governor
from edge.monitoring.health import Pulse
from edge.monitoring.status import Standing
from edge.recognition.recognition import Succession
from edge.recognition.word import Word
from edge.sinks.sink import Sink
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker
from landmarkers.take import Take


def caption(
    camera: Camera,
    landmarker: Landmarker,
    succession: Succession,
    sinks: Sequence[Sink],
    pulse: Pulse,
    governor: Governor | None = None,
    standing: Standing | None = None,
) -> None:
    """Turn frames into words until the camera ends; the sign in hand at the end is finished.

    The camera gives only frames that the governor, if there is one, wants; here it is told what was found in them.
    Whatever recognition the succession has at a frame reads it; it changes between two frames only.
    While the standing is paused frames come and are left alone, and the sign in hand then is dropped; the
    governor, who sees no hand, soon wants only few of them.
    Raises what the camera raises, after the words before it were said.
    """
    newest = 0.0

    def say(takes: Iterable[Take]) -> None:
        for take in takes:
            with pulse.timed("classifier"):
                reading = succession.now.classifier.read(take)
            word = succession.now.writer.write(take, reading, newest)
            if word is not None:
                pulse.count_word(word)
                _emit(word, sinks)

    def look_at(frame: Frame) -> None:
        nonlocal newest
        with pulse.timed("landmarks"):
            landmarks = landmarker.locate(frame)
        newest = landmarks.time
        if governor is not None:
            governor.follow(landmarks)
        with pulse.timed("spotter"):
            takes = list(succession.now.spotter.follow(landmarks))
        pulse.count_frame()
        say(takes)

    try:
        for frame in camera.frames():
            if succession.is_due(frame.time):
                say(succession.now.spotter.finish())
                succession.go_on()
            succession.now.writer.clock.tick(frame.time)
            if standing is not None and standing.paused:
                deque(succession.now.spotter.finish(), maxlen=0)
            else:
                look_at(frame)
    finally:
        say(succession.now.spotter.finish())


def _emit(word: Word, sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink.emit(word)
