"""The events of utterances, and the union of all events that sinks receive."""

from typing import Annotated, Literal

from pydantic import Field

from edge.recognition.word import Seq, Timestamp, Word
from models.stored_model import StoredModel


class Line(StoredModel):
    """The utterance in progress: its text so far, for screens and pages that show the line as it grows.

    It follows each word that changes the line, has no number, and is neither published nor stored: an utterance takes
    its place when it is complete. An empty text says that no word is left in the line.
    """

    event_type: Literal["line"] = "line"
    text: str
    words: tuple[Seq, ...]
    """The numbers of the words that the line shows, as they were first said."""

    def to_json(self) -> str:
        """Return the event on one line."""
        return self.model_dump_json()


class Utterance(StoredModel):
    """One utterance event: the text of the words that were signed between two rests.

    `words` are the numbers of its words as they were first said: a corrected word keeps its place and number here, a
    deleted one leaves the list. An utterance with `corrects` takes the place of the one of that number, which is always
    that of the first one; it has no text where every word was deleted. Words and utterances share one numbering.
    `model` is that of the last word.
    """

    event_type: Literal["utterance"] = "utterance"
    seq: Seq
    text: str
    words: tuple[Seq, ...]
    started_at: Timestamp
    ended_at: Timestamp
    model: str
    device: str
    late: bool = False
    corrects: Seq | None = None

    def to_json(self) -> str:
        """Return the event on one line; an utterance that corrects none has no key `corrects`."""
        return self.model_dump_json(exclude_none=True)


NumberedEvent = Annotated[Word | Utterance, Field(discriminator="event_type")]
"""The events that have a number, and are published and stored."""

Event = Word | Line | Utterance
"""Any event that a sink receives; `event_type` tells which it is."""
