"""Compares the words of a new model with those of the old one on the same segments, and finds absurd ones.

Nobody on the device knows what was really signed, and a better model recognises other words than the old one. So only
what no good model can do is a fault; finer evaluation is the trainer's, which has clips with their words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from models.classifier import Candidate

MIN_SEGMENTS: Final = 5
"""Segments to compare before anything is decided: of fewer, chance and fault cannot be told apart."""
MORE_SILENT: Final = 0.4
"""The share of segments without a word may be higher by this. On the same signing a model that is less confident than
the old one loses some words; one that loses two of five was not trained for this camera's view."""
MORE_SILENT_BY_CHANCE: Final = 3
"""So few more are no evidence: two models that each miss a fifth of five differ by more once in 500 times."""
CONFIDENCE_SHARE: Final = 0.6
"""The mean confidence may be lower, but not below this share of the old one's. Calibrations differ by less."""
MAX_WORDS: Final = 3.0
"""Words per segment, beyond which a model babbles if it also predicts so many times as many words as the old one."""
MIN_SIGNS: Final = 4
"""If the old model distinguished so many signs, the new one may not predict one and the same sign throughout."""

SegmentWords = Sequence[Candidate]
"""The words that a model recognises in one segment."""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """Statistics of one model's words on some segments."""

    segments: int
    silent: int
    """Segments without a word."""
    words: int
    signs: int
    """Number of different signs."""
    confidence: float
    """Mean confidence of the words; 0 without any."""

    @classmethod
    def of(cls, segments: Sequence[SegmentWords]) -> Self:
        """Summarise the words of each segment."""
        words = [candidate for segment in segments for candidate in segment]
        return cls(
            segments=len(segments),
            silent=sum(not segment for segment in segments),
            words=len(words),
            signs=len({candidate.sign.sign_id for candidate in words}),
            confidence=sum(candidate.confidence for candidate in words) / len(words) if words else 0.0,
        )


def find_fault(old: ModelSummary, new: ModelSummary) -> str | None:
    """Return what is absurd about the new model on the same segments, as a sentence; None without a fault."""
    if new.segments < MIN_SEGMENTS:
        return None
    where = f"in the last {new.segments} segments with a raised hand"
    if new.silent - old.silent > max(MORE_SILENT * new.segments, MORE_SILENT_BY_CHANCE):
        return f"{where} it recognises no sign {new.silent} times, the previous model {old.silent} times"
    if min(new.words, old.words) >= MIN_SEGMENTS and new.confidence < CONFIDENCE_SHARE * old.confidence:
        return f"{where} its mean confidence is {new.confidence:.0%}, that of the previous model {old.confidence:.0%}"
    if new.words > MAX_WORDS * max(old.words, new.segments):
        return f"{where} it predicts {new.words} words, the previous model {old.words}"
    if new.signs == 1 and old.signs >= MIN_SIGNS and new.words >= MIN_SEGMENTS:
        return f"{where} it predicts one and the same sign, the previous model {old.signs} different ones"
    return None
