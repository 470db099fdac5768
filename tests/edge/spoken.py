"""Words, lines and utterances as the daemon emits them."""

from datetime import UTC, datetime

from edge.recognition.word import Word
from edge.utterances.utterance import Line, Utterance
from tests.edge.tiny_bundle import SIGNS, TITLE


def spoken(seq: int = 1, confidence: float = 0.97) -> Word:
    """Return a word that was just recognised."""
    now = datetime.now(UTC)
    return Word(
        seq=seq,
        confidence=confidence,
        alternatives=(),
        started_at=now,
        ended_at=now,
        emitted_at=now,
        model=TITLE,
        device="entrance",
        **SIGNS[0].model_dump(),
    )


def line(text: str, *words: int) -> Line:
    """Return the line in progress, of words with these numbers."""
    return Line(text=text, words=words)


def utterance(seq: int, text: str, *words: int) -> Utterance:
    """Return an utterance that has just ended, of words with these numbers."""
    now = datetime.now(UTC)
    return Utterance(seq=seq, text=text, words=words, started_at=now, ended_at=now, model=TITLE, device="entrance")
