"""From camera to words: the way of every frame, top to bottom."""

import time
from collections.abc import Sequence

from edge.cameras.camera import Camera
from edge.governor import Governor
from edge.health import Pulse
from edge.sinks.sink import Sink
from edge.word import WordWriter
from landmarkers.landmarker import Landmarker
from landmarkers.take import Take
from models.classifier import Classifier
from models.spotter import Spotter


def caption(
    camera: Camera,
    landmarker: Landmarker,
    spotter: Spotter,
    classifier: Classifier,
    writer: WordWriter,
    sinks: Sequence[Sink],
    pulse: Pulse,
    health_every_s: float,
    governor: Governor | None = None,
) -> None:
    """Turn frames into words until the camera ends; the sign in hand at the end is finished.

    The camera gives only frames that the governor, if there is one, wants; here it is told what was found in them.
    Raises what the camera raises, after the words before it were said.
    """
    newest = 0.0
    next_report = time.monotonic()

    def say(take: Take) -> None:
        with pulse.timed("classifier"):
            reading = classifier.read(take)
        word = writer.write(take, reading, newest)
        if word is not None:
            pulse.count_word(word)
            for sink in sinks:
                sink.emit(word)

    try:
        for frame in camera.frames():
            writer.clock.tick(frame.time)
            with pulse.timed("landmarks"):
                landmarks = landmarker.locate(frame)
            newest = landmarks.time
            if governor is not None:
                governor.follow(landmarks)
            with pulse.timed("spotter"):
                takes = list(spotter.follow(landmarks))
            pulse.count_frame()
            for take in takes:
                say(take)
            if time.monotonic() >= next_report:
                next_report = time.monotonic() + health_every_s
                for sink in sinks:
                    sink.report(pulse.health())
    finally:
        for take in spotter.finish():
            say(take)
