"""A word as the daemon emits it."""

from datetime import UTC, datetime

from edge.recognition.word import Word
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
