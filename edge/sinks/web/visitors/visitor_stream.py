"""One visitor's recognition: what came before, as far as it still matters, and what comes of what is sent now.

All sessions look through the same networks and read with the same classifier, one after another. What a session keeps
is bounded: by the spotter's longest stretch, and for a take by its length.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from edge.recognition.recognition import ModelPipeline, ModelSlot
from edge.recognition.word import StreamClock, Word
from edge.sinks.web.visitors.image import decode
from edge.sinks.web.visitors.model import LoadedModel
from edge.sinks.web.visitors.payload import read_landmarks, read_take
from edge.sinks.web.visitors.points import reference_points
from edge.workers.preview_data import joints_of
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import Part
from landmarkers.take import Take
from landmarkers.tracking import Networks, TrackingLandmarker
from models.bundle import check_landmarker

IDLE_S: Final = 3.0  # the reference's 45 still frames at the 15 a second that it reaches

_STEP: Final = 8  # frames of a take in one turn
_LEAST_S: Final = 0.001  # between two frames

Answer = dict[str, Any]


class VisitorStream:
    """A visitor, from the first thing sent to the last."""

    def __init__(self, networks: Networks, model: LoadedModel, *, words: bool, joints: bool) -> None:
        """`words` and `joints` say what the visitor asked for: whole word events, joints instead of landmarks."""
        self._networks = networks
        self._model = model
        self._words = words
        self._joints = joints
        self._succession = ModelSlot(model.new_recognition(model.word_factory(StreamClock(fast=False))))
        self._parts = model.bundle.manifest.parts
        self._landmarker = TrackingLandmarker(self._parts, networks=networks)
        self._began: float | None = None
        self._newest = 0.0
        self._last_up = 0.0
        self._is_idle = False
        self._take: Iterator[list[Answer]] | None = None

    @property
    def is_active(self) -> bool:
        """Whether a sign may be going on, so that silence is to be taken for its end."""
        return self._succession.current.spotter.is_active

    @property
    def has_more(self) -> bool:
        """Whether a take is not read to its end yet."""
        return self._take is not None

    def set_model(self, model: LoadedModel) -> None:
        """Read with another model from now on; a sign in hand is finished with the old one."""
        writer = self._succession.current.words
        manifest = model.bundle.manifest
        following = model.new_recognition(writer.with_model(model=manifest.title, threshold=model.threshold))
        self._succession.schedule(following, lambda: None)
        self._model = model
        self._see(self._parts | manifest.parts)

    def push_image(self, arrived: float, jpeg: bytes, *, with_landmarks: bool) -> list[Answer]:
        """What comes of a picture that arrived at a moment of the monotonic clock. Raises PictureRefused."""
        picture = decode(jpeg, is_reference=not (self._words or self._joints))
        if with_landmarks and not self._joints:
            self._see(self._parts | {Part.FACE})  # and again in every picture: who asked once may ask again
        landmarks = self._landmarker.detect(Frame(picture, self._time(arrived)))
        answers = self._read(landmarks)
        if with_landmarks:
            aspect = picture.shape[0] / picture.shape[1]
            answers.insert(0, self._back(landmarks, aspect))
        return answers

    def push_landmarks(self, arrived: float, content: bytes) -> list[Answer]:
        """What comes of the landmarks of a frame that arrived at a moment. Raises ParcelRefused."""
        return self._read(read_landmarks(content, self._time(arrived)))

    def start_take(self, content: bytes) -> list[Answer]:
        """Begin to read a take, beside the visitor's own stream. Raises ParcelRefused, BundleRefused."""
        take = read_take(content)
        check_landmarker(self._model.bundle.manifest, take.provenance.landmarker)
        self._take = self._replay(take)
        return []

    def continue_take(self) -> list[Answer]:
        """What comes of the next piece of the take."""
        answers = next(self._take, None) if self._take is not None else None
        if answers is None:
            self._take = None
        return answers or []

    def flush(self) -> list[Answer]:
        """Nothing comes any more, for now: what comes of the sign in hand."""
        return self._say(self._succession.current, self._succession.current.spotter.flush())

    def close(self) -> None:
        """Forget everything."""
        self._landmarker.close()

    def _see(self, parts: frozenset[Part]) -> None:
        if parts != self._parts:
            self._parts = parts
            self._landmarker.close()
            self._landmarker = TrackingLandmarker(parts, networks=self._networks)

    def _time(self, arrived: float) -> float:
        """Seconds since the first thing arrived; they grow strictly."""
        if self._began is None:
            self._began = arrived
            return 0.0
        return max(arrived - self._began, self._newest + _LEAST_S)

    def _read(self, landmarks: Landmarks) -> list[Answer]:
        self._newest = landmarks.time
        answers: list[Answer] = []
        if self._succession.should_swap(landmarks.time):
            answers += self.flush()
            self._succession.swap()
        now = self._succession.current
        now.words.clock.tick(landmarks.time)
        answers += self._say(now, now.spotter.push(landmarks))
        if now.spotter.is_active:
            self._last_up, self._is_idle = landmarks.time, False
        elif not self._is_idle and landmarks.time - self._last_up >= IDLE_S:
            self._is_idle = True
            answers.append({"status": "idle"})
        return answers

    def _say(self, recognition: ModelPipeline, takes: Iterable[Take], newest: float | None = None) -> list[Answer]:
        at = self._newest if newest is None else newest
        written = (recognition.words.create(take, recognition.classifier.classify(take), at) for take in takes)
        return [self._sign(word) for word in written if word is not None]

    def _sign(self, word: Word) -> Answer:
        sign = {"sign_ar": word.word, "sign_en": word.word_en}
        event = {"word": word.model_dump(mode="json")} if self._words else {}
        return {"detected_sign": sign, "confidence": word.confidence} | event

    def _back(self, landmarks: Landmarks, aspect: float) -> Answer:
        if self._joints:
            return {"joints": joints_of(landmarks), "aspect": aspect}
        return {"landmarks": reference_points(landmarks, aspect)}

    def _replay(self, take: Take) -> Iterator[list[Answer]]:
        """A take on its own clock, piece by piece; its words' numbers go on with those of the stream."""
        writer = self._model.word_factory(StreamClock(fast=True))
        writer.seqs = self._succession.current.words.seqs
        recognition = self._model.new_recognition(writer)
        count, rest = 0, iter(take.landmarks())
        while piece := list(islice(rest, _STEP)):
            answers: list[Answer] = []
            for landmarks in piece:
                answers += self._say(recognition, recognition.spotter.push(landmarks), landmarks.time)
            count += len(answers)
            yield answers
        last = self._say(recognition, recognition.spotter.flush(), take.duration)
        yield [*last, {"take": "read", "words": count + len(last)}]
