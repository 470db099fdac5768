"""From camera to words: the way of every frame, top to bottom."""

from collections import deque
from collections.abc import Iterable, Sequence

from edge.cameras.camera import Camera
from edge.monitoring.frame_rate import FrameRateController
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.recognition.recognition import ModelSlot
from edge.recognition.word import Word
from edge.sinks.sink import Sink
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker
from landmarkers.take import Take


def run_pipeline(
    camera: Camera,
    landmarker: Landmarker,
    succession: ModelSlot,
    sinks: Sequence[Sink],
    pulse: PipelineStats,
    governor: FrameRateController | None = None,
    status: DeviceStatus | None = None,
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
                reading = succession.current.classifier.classify(take)
            word = succession.current.words.create(take, reading, newest)
            if word is not None:
                pulse.count_word(word)
                _emit(word, sinks)

    def look_at(frame: Frame) -> None:
        nonlocal newest
        with pulse.timed("landmarks"):
            landmarks = landmarker.detect(frame)
        newest = landmarks.time
        if governor is not None:
            governor.observe(landmarks)
        with pulse.timed("spotter"):
            takes = list(succession.current.spotter.push(landmarks))
        pulse.count_frame()
        say(takes)

    try:
        for frame in camera.frames():
            if succession.should_swap(frame.time):
                say(succession.current.spotter.flush())
                succession.swap()
            succession.current.words.clock.tick(frame.time)
            if status is not None and status.paused:
                deque(succession.current.spotter.flush(), maxlen=0)
            else:
                look_at(frame)
    finally:
        say(succession.current.spotter.flush())


def _emit(word: Word, sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink.emit(word)
