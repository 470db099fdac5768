"""The path of each frame from camera to text: landmarker -> observers -> recogniser -> conversation -> sinks."""

from collections.abc import Iterable, Iterator, Sequence

from edge.conversation import Conversation
from edge.monitoring.health import PipelineStats
from edge.monitoring.status import DeviceStatus
from edge.recognition.observer import LandmarkObserver
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import Word
from landmarkers.frame import Frame
from landmarkers.landmarker import Landmarker


def run_pipeline(
    frames: Iterable[Frame],
    landmarker: Landmarker,
    recogniser: Recogniser,
    conversation: Conversation,
    *,
    observers: Sequence[LandmarkObserver] = (),
    stats: PipelineStats | None = None,
    status: DeviceStatus | None = None,
) -> None:
    """Turn frames into words and utterances until the frames end; the sign in progress is finished then.

    `frames` is usually `camera.frames()`. The observers see each frame's landmarks before the recogniser does. While
    `status` is paused, frames are drained without being processed, the sign in progress is discarded, and the utterance
    ends. While somebody teaches the device, only the observers see the landmarks. Raises what iterating over the frames
    raises, after the last utterance has been emitted.
    """
    stats, status = stats or PipelineStats(), status or DeviceStatus()
    try:
        for frame in frames:
            conversation.say(_counted(recogniser.start_frame(frame.time), stats))
            if status.paused:
                recogniser.reset()
                conversation.end()
                continue
            with stats.timed("landmarks"):
                landmarks = landmarker.detect(frame)
            stats.count_frame()
            for observer in observers:
                observer.observe(frame, landmarks)
            if status.is_teaching:
                recogniser.reset()
                conversation.end()
                continue
            conversation.say(_counted(recogniser.push(landmarks), stats))
            conversation.observe_activity(frame.time, is_active=recogniser.is_active)
    finally:
        conversation.say(_counted(recogniser.flush(), stats))
        conversation.end()


def _counted(words: Iterable[Word], stats: PipelineStats) -> Iterator[Word]:
    for word in words:
        stats.count_word(word)
        yield word
