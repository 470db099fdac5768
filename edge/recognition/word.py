"""A recognised word, the event that reports it, and the clock that dates it.

The event is the same JSON on MQTT, on the console, on the web socket and in the outbox. Readers ignore keys that they
do not know; so does the outbox, which another release may have written.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, cast

from pydantic import AwareDatetime, BeforeValidator, Field, PlainSerializer, ValidationInfo

from landmarkers.take import Take
from models.karsl import kind_of, review
from models.labels import SIGN_KINDS, SignKind
from models.stored_model import StoredModel

if TYPE_CHECKING:  # it loads ONNX Runtime, which programs that only handle words do without
    from models.classifier import Candidate, Prediction

MAX_ALTERNATIVES: Final = 3

Seq = Annotated[int, Field(ge=0, lt=2**63)]
"""The number of an event; the range is that of SQLite's integers."""

Timestamp = Annotated[
    AwareDatetime,
    PlainSerializer(lambda time: time.isoformat(timespec="milliseconds").replace("+00:00", "Z"), return_type=str),
]


def _known_kind(kind: Any, info: ValidationInfo) -> SignKind:
    """Return the kind; where it is missing, or of a later release, that of KArSL's sign or `word`."""
    if kind in SIGN_KINDS:
        return cast("SignKind", kind)
    return kind_of(info.data.get("sign_id"), info.data.get("word"), info.data.get("word_en"))


class Alternative(StoredModel):
    """Another sign that the word may have been."""

    sign_id: int
    word: str
    confidence: float

    @classmethod
    def of(cls, candidate: "Candidate") -> Self:
        """Return the alternative of a candidate of the prediction."""
        return cls(sign_id=candidate.sign.sign_id, word=candidate.sign.word, confidence=round(candidate.confidence, 4))


class Word(StoredModel):
    """One word event. `ended_at` is when the sign ended, `emitted_at` when the word was known.

    A sign may be classified with confidence while it still continues; `ended_at` is then its last classified frame.
    `kind` is that of the sign; the events of older releases, which have none, get the kind of KArSL's sign or `word`.
    A word with `corrects` takes the place of the one of that number, which is always that of the word as it was first
    said, however often it is corrected; a correction whose `word` is empty deletes it.
    """

    event_type: Literal["word"] = "word"
    seq: Seq
    sign_id: int
    word: str
    word_en: str
    kind: Annotated[SignKind, BeforeValidator(_known_kind)] = Field(default=None, validate_default=True)
    confidence: float
    alternatives: tuple[Alternative, ...]
    started_at: Timestamp
    ended_at: Timestamp
    emitted_at: Timestamp
    model: str
    device: str
    late: bool = False
    corrects: Seq | None = None

    @property
    def delay_s(self) -> float:
        """Return the seconds from the end of the sign to the word."""
        return (self.emitted_at - self.ended_at).total_seconds()

    def to_json(self) -> str:
        """Return the event on one line; a word that corrects none has no key `corrects`."""
        return self.model_dump_json(exclude_none=True)


class StreamClock:
    """Converts times of the stream, in seconds since it began, to dates.

    The words of a live stream are dated by the wall clock, and the stream's beginning is computed back from now at each
    frame: a device without a battery for its clock may get the time of day long after it started. A stream that is
    played `fast` has a clock of its own: its words are known at the time of the newest frame.
    """

    def __init__(self, *, fast: bool) -> None:
        self._began = datetime.now(UTC)
        self._fast = fast

    def tick(self, time: float) -> None:
        """Set the clock by a frame of this time of the stream that has just arrived."""
        if not self._fast:
            self._began = datetime.now(UTC) - timedelta(seconds=time)

    def at(self, time: float) -> datetime:
        """Return the date of a time of the stream."""
        return self._began + timedelta(seconds=time)

    def now(self, newest: float) -> datetime:
        """Return the present date; `newest` is the time of the newest frame."""
        return self.at(newest) if self._fast else datetime.now(UTC)


class WordFactory:
    """Turns predictions into numbered words; makes none of a prediction below the threshold."""

    def __init__(
        self,
        clock: StreamClock,
        *,
        model: str,
        device: str,
        threshold: float,
        next_seq: Callable[[], int] | None = None,
    ) -> None:
        """`next_seq` returns the number of the next word; without it they are numbered from 1."""
        self.clock = clock
        self._model = model
        self._device = device
        self._threshold = threshold
        self.next_seq = next_seq or count(1).__next__
        """Claims the number of the next event; thread-safe."""

    def with_model(self, *, model: str, threshold: float, clock: StreamClock | None = None) -> "WordFactory":
        """Return the factory for another model, and perhaps another clock, that continues this one's numbering."""
        return WordFactory(
            clock or self.clock, model=model, device=self._device, threshold=threshold, next_seq=self.next_seq
        )

    def create(self, take: Take, prediction: "Prediction", newest: float) -> Word | None:
        """Return the word of a take, or None below the threshold; `newest` is the stream's time of the newest frame."""
        best = prediction.above_threshold(self._threshold)
        if best is None:
            return None
        return Word(
            seq=self.next_seq(),
            sign_id=best.sign.sign_id,
            word=best.sign.word,
            word_en=best.sign.word_en,
            kind=review(best.sign).kind or "word",
            confidence=round(best.confidence, 4),
            alternatives=tuple(
                Alternative.of(candidate) for candidate in prediction.candidates[1 : 1 + MAX_ALTERNATIVES]
            ),
            started_at=self.clock.at(float(take.times[0])),
            ended_at=self.clock.at(float(take.times[-1])),
            emitted_at=self.clock.now(newest),
            model=self._model,
            device=self._device,
        )
