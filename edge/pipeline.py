"""The path of each frame from camera to words: frame -> landmarker -> observers -> recogniser -> sinks."""

from collections.abc import Iterable, Sequence

from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.recognition.observer import LandmarkObserver
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import Word
from edge.sinks.sink import Sink
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker


def run_pipeline(
    frames: Iterable[Frame],
    landmarker: Landmarker,
    recogniser: Recogniser,
    sinks: Sequence[Sink],
    *,
    observers: Sequence[LandmarkObserver] = (),
    stats: PipelineStats | None = None,
    status: DeviceStatus | None = None,
) -> None:
    """Turn frames into words until the frames end; the sign in progress is finished then.

    `frames` is usually `camera.frames()`. The observers see each frame's landmarks before the recogniser does. While
    `status` is paused, frames are drained without being processed, and the sign in progress is discarded.
    Raises what iterating over the frames raises, after the last word has been emitted.
    """
    stats, status = stats or PipelineStats(), status or DeviceStatus()
    try:
        for frame in frames:
            _emit(recogniser.start_frame(frame.time), sinks, stats)
            if status.paused:
                recogniser.reset()
                continue
            with stats.timed("landmarks"):
                landmarks = landmarker.detect(frame)
            stats.count_frame()
            for observer in observers:
                observer.observe(frame, landmarks)
            _emit(recogniser.push(landmarks), sinks, stats)
    finally:
        _emit(recogniser.flush(), sinks, stats)


def _emit(words: Iterable[Word], sinks: Sequence[Sink], stats: PipelineStats) -> None:
    for word in words:
        stats.count_word(word)
        for sink in sinks:
            sink.emit(word)
