"""A word that was read, and the event that tells of it.

The event is the same JSON on MQTT, on the console, on the web socket and in the outbox.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import PlainSerializer

from landmarkers.take import Take
from models.strict_model import StrictModel

if TYPE_CHECKING:  # it loads ONNX Runtime, which who only takes words does without
    from models.classifier import Candidate, Prediction

MAX_ALTERNATIVES = 3

Timestamp = Annotated[
    datetime,
    PlainSerializer(lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"), return_type=str),
]


class Alternative(StrictModel):
    """Another sign that it might have been."""

    sign_id: int
    word: str
    confidence: float

    @classmethod
    def of(cls, guess: "Candidate") -> Self:
        """The alternative that a guess makes."""
        return cls(sign_id=guess.sign.sign_id, word=guess.sign.word, confidence=round(guess.confidence, 4))


class Word(StrictModel):
    """One word event. `ended_at` is when the sign ended, `emitted_at` when the word was known.

    A sign may be read surely while it still goes on; it then ends with the last frame that was read.
    """

    event_type: Literal["word"] = "word"
    seq: int
    sign_id: int
    word: str
    word_en: str
    confidence: float
    alternatives: tuple[Alternative, ...]
    started_at: Timestamp
    ended_at: Timestamp
    emitted_at: Timestamp
    model: str
    device: str
    late: bool = False

    @property
    def delay_s(self) -> float:
        """Seconds from the sign's end to the word."""
        return (self.emitted_at - self.ended_at).total_seconds()

    def to_json(self) -> str:
        """The event on one line."""
        return self.model_dump_json()


class StreamClock:
    """Tells what moment a time of the stream is.

    A live stream's words are known now, by the wall clock, and its beginning is reckoned back from now at each frame:
    a device without a battery for its clock may get the time of day long after it started. A stream played
    `as_fast_as_possible` runs on its own clock: its words are known when the last frame read was taken.
    """

    def __init__(self, *, fast: bool) -> None:
        self._began = datetime.now(UTC)
        self._own = fast

    def tick(self, time: float) -> None:
        """A frame of this time of the stream has just come."""
        if not self._own:
            self._began = datetime.now(UTC) - timedelta(seconds=time)

    def at(self, time: float) -> datetime:
        """The moment of a time in the stream."""
        return self._began + timedelta(seconds=time)

    def now(self, time: float) -> datetime:
        """The moment now, when the newest frame is of `time`."""
        return self.at(time) if self._own else datetime.now(UTC)


class WordFactory:
    """Turns readings into numbered words; stays silent when the model is not sure enough."""

    def __init__(self, clock: StreamClock, *, model: str, device: str, threshold: float, first_seq: int = 1) -> None:
        self.clock = clock
        self._model = model
        self._device = device
        self._threshold = threshold
        self.seqs: Iterator[int] = count(first_seq)
        """Those of the words to come."""

    def with_model(self, *, model: str, threshold: float) -> "WordFactory":
        """The writer for another model on the same stream, which goes on with this one's numbers."""
        follower = WordFactory(self.clock, model=model, device=self._device, threshold=threshold)
        follower.seqs = self.seqs
        return follower

    def create(self, take: Take, reading: "Prediction", newest: float) -> Word | None:
        """The word of a take, or None; `newest` is the stream's time by now."""
        best = reading.above_threshold(self._threshold)
        if best is None:
            return None
        return Word(
            seq=next(self.seqs),
            sign_id=best.sign.sign_id,
            word=best.sign.word,
            word_en=best.sign.word_en,
            confidence=round(best.confidence, 4),
            alternatives=tuple(Alternative.of(guess) for guess in reading.candidates[1 : 1 + MAX_ALTERNATIVES]),
            started_at=self.clock.at(float(take.times[0])),
            ended_at=self.clock.at(float(take.times[-1])),
            emitted_at=self.clock.now(newest),
            model=self._model,
            device=self._device,
        )
