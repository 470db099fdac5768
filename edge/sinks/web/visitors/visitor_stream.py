"""The recognition of one visitor's stream, with the state that it keeps from message to message.

All streams share the landmarkers' networks and the classifier, one after another. The state of a stream is bounded: by
the spotter's longest window, and for a take by its length.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, Word
from edge.sinks.web.visitors.image import decode
from edge.sinks.web.visitors.model import LoadedModel
from edge.sinks.web.visitors.payload import PayloadRefused, read_landmarks, read_take
from edge.sinks.web.visitors.points import reference_points
from edge.workers.joints import joints_of
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import Part
from landmarkers.networks import Networks
from landmarkers.tracking import TrackingLandmarker

IDLE_AFTER_S: Final = 3.0  # the research project's 45 still frames, at the 15 frames a second that it reaches

_FRAMES_PER_TURN: Final = 8  # of a take
_MIN_INTERVAL_S: Final = 0.001  # between two frames

Answer = dict[str, Any]


class VisitorStream:
    """Recognises the signs of one visitor, from the first message to the last."""

    def __init__(self, networks: Networks, model: LoadedModel, *, words: bool, joints: bool) -> None:
        """With `words`, answers hold whole word events; with `joints`, they hold joints instead of landmarks."""
        self._networks = networks
        self._model = model
        self._words = words
        self._joints = joints
        self._recogniser = Recogniser(model.new_stages(model.new_words(StreamClock(fast=False))))
        self._parts = model.bundle.manifest.parts
        self._landmarker = TrackingLandmarker(self._parts, networks=networks)
        self._started_at: float | None = None
        self._latest = 0.0
        self._last_active = 0.0
        self._is_idle = False
        self._take: Iterator[list[Answer]] | None = None

    @property
    def is_active(self) -> bool:
        """Return True if a sign may be going on, so that a pause of the stream ends it."""
        return self._recogniser.is_active

    @property
    def has_more(self) -> bool:
        """Return True if a take is not read to its end yet."""
        return self._take is not None

    def push_image(self, received_at: float, jpeg: bytes, *, with_landmarks: bool) -> list[Answer]:
        """Process a picture that was received at this time of the monotonic clock. Raises ImageRefused."""
        image = decode(jpeg, is_reference=not (self._words or self._joints))
        if with_landmarks and not self._joints:
            self._detect_parts(self._parts | {Part.FACE})  # from now on: the next picture probably asks again
        landmarks = self._landmarker.detect(Frame(image, self._stream_time(received_at)))
        answers = self._push(landmarks)
        if with_landmarks:
            answers.insert(0, self._landmark_answer(landmarks, image.shape[0] / image.shape[1]))
        return answers

    def push_landmarks(self, received_at: float, content: bytes) -> list[Answer]:
        """Process the landmarks of a frame that was received at this time. Raises PayloadRefused."""
        return self._push(read_landmarks(content, self._stream_time(received_at)))

    def start_take(self, content: bytes) -> list[Answer]:
        """Start to process a take, beside the visitor's own stream. Raises PayloadRefused."""
        self._take = self._replay(read_take(content))
        return []

    def continue_take(self) -> list[Answer]:
        """Process the next frames of the take. Raises PayloadRefused if a worker before this one had it."""
        if self._take is None:
            raise PayloadRefused("your take is lost, since the recognition was restarted; please send it again")
        answers = next(self._take, None)
        if answers is None:
            self._take = None
        return answers or []

    def flush(self) -> list[Answer]:
        """End the sign that is going on, since the stream pauses."""
        return self._answers(self._recogniser.flush())

    def close(self) -> None:
        """Release the landmarker."""
        self._landmarker.close()

    def _detect_parts(self, parts: frozenset[Part]) -> None:
        if parts != self._parts:
            self._parts = parts
            self._landmarker.close()
            self._landmarker = TrackingLandmarker(parts, networks=self._networks)

    def _stream_time(self, received_at: float) -> float:
        """Return the seconds since the first message; they increase strictly."""
        if self._started_at is None:
            self._started_at = received_at
            return 0.0
        return max(received_at - self._started_at, self._latest + _MIN_INTERVAL_S)

    def _push(self, landmarks: Landmarks) -> list[Answer]:
        self._latest = landmarks.time
        answers = self._answers(self._recogniser.start_frame(landmarks.time))
        answers += self._answers(self._recogniser.push(landmarks))
        if self._recogniser.is_active:
            self._last_active, self._is_idle = landmarks.time, False
        elif not self._is_idle and landmarks.time - self._last_active >= IDLE_AFTER_S:
            self._is_idle = True
            answers.append({"status": "idle"})
        return answers

    def _answers(self, words: Iterable[Word]) -> list[Answer]:
        return [self._sign_answer(word) for word in words]

    def _sign_answer(self, word: Word) -> Answer:
        sign = {"sign_ar": word.word, "sign_en": word.word_en}
        event = {"word": word.model_dump(mode="json", exclude_none=True)} if self._words else {}
        return {"detected_sign": sign, "confidence": word.confidence} | event

    def _landmark_answer(self, landmarks: Landmarks, aspect: float) -> Answer:
        if self._joints:
            return {"joints": joints_of(landmarks), "aspect": aspect}
        return {"landmarks": reference_points(landmarks, aspect)}

    def _replay(self, take: list[Landmarks]) -> Iterator[list[Answer]]:
        """Yield the answers to a take on its own clock, a few frames at a time.

        The numbers of its words continue those of the stream.
        """
        title, clock = self._model.bundle.manifest.title, StreamClock(fast=True)
        words = self._recogniser.words.with_model(model=title, threshold=self._model.threshold, clock=clock)
        recogniser = Recogniser(self._model.new_stages(words))
        word_count, frames = 0, iter(take)
        while batch := list(islice(frames, _FRAMES_PER_TURN)):
            answers: list[Answer] = []
            for landmarks in batch:
                answers += self._answers(recogniser.push(landmarks))
            word_count += len(answers)
            yield answers
        last = self._answers(recogniser.flush())
        yield [*last, {"take": "read", "words": word_count + len(last)}]
