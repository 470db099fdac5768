"""Whether what a new model says of the same signing is absurd, held against what the old one says.

Nobody on the device knows what was really signed, and a better model says other things than the old one. So only what
no good model can do is a fault; finer judgement is the trainer's, who has clips with their words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from models.classifier import Candidate

MIN_SEGMENTS: Final = 5
"""So many stretches must have been compared before anything is said: of fewer nobody can tell chance from fault."""
MORE_SILENT: Final = 0.4
"""The share of stretches without a word may be higher by this. Of one and the same signing a model that doubts more
than the old one loses some words; one that loses two of five has not learnt this camera's view."""
MORE_SILENT_BY_CHANCE: Final = 3
"""Nor do so few more tell anything: two models that each miss a fifth of five differ by more once in 500 times."""
CONFIDENCE_SHARE: Final = 0.6
"""The mean confidence may be lower, but not less than this share of the old one's. Calibrations differ by less."""
MOST_WORDS: Final = 3.0
"""Words a stretch; beyond that, and when it also says so many times as many as the old one, a model babbles."""
FEWER_SIGNS: Final = 4
"""Where the old one told so many signs apart, the new one may not say one and the same sign throughout."""

SegmentWords = Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """What a model said of some stretches."""

    segments: int
    silent: int
    """Stretches of which it said nothing."""
    words: int
    signs: int
    """How many different ones."""
    confidence: float
    """The words' mean; 0 without any."""

    @classmethod
    def of(cls, said: Sequence[SegmentWords]) -> Self:
        """From the words of each stretch."""
        words = [guess for one in said for guess in one]
        return cls(
            segments=len(said),
            silent=sum(not one for one in said),
            words=len(words),
            signs=len({guess.sign.sign_id for guess in words}),
            confidence=sum(guess.confidence for guess in words) / len(words) if words else 0.0,
        )


def find_fault(old: ModelSummary, new: ModelSummary) -> str | None:
    """What is absurd about the new model's showing on the same stretches, in words; None where nothing is."""
    if new.segments < MIN_SEGMENTS:
        return None
    of = f"of the last {new.segments} times that somebody raised a hand"
    if new.silent - old.silent > max(MORE_SILENT * new.segments, MORE_SILENT_BY_CHANCE):
        return f"{of} it says no sign at {new.silent}, the model before at {old.silent}"
    if min(new.words, old.words) >= MIN_SEGMENTS and new.confidence < CONFIDENCE_SHARE * old.confidence:
        return f"{of} it is sure to {new.confidence:.0%} in the mean, the model before to {old.confidence:.0%}"
    if new.words > MOST_WORDS * max(old.words, new.segments):
        return f"{of} it says {new.words} words, the model before {old.words}"
    if new.signs == 1 and old.signs >= FEWER_SIGNS and new.words >= MIN_SEGMENTS:
        return f"{of} it says one and the same sign, the model before {old.signs} different ones"
    return None
