"""Checks of a take that is good in itself: whether it is like the others of its sign, and not like another sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from landmarkers.take import Take
from models.classifier import Classifier
from models.labels import Sign
from models.learned import Teacher

MIN_LIKENESS: Final = 0.4
"""Of two takes of one sign: 89 of 90 takes of four signers are more like an earlier one of theirs, and none of 45 is as
much like a take of another sign."""


@dataclass(frozen=True, slots=True, eq=False)
class TakeChecks:
    """Compares takes with the model in use; a word of at least the threshold would be said."""

    teacher: Teacher
    classifier: Classifier
    threshold: float

    def are_alike(self, take: Take, others: Sequence[Take]) -> bool:
        """Return True if a take is like any of the others; also if there are none."""
        return not others or max(self.teacher.likeness(take, other) for other in others) >= MIN_LIKENESS

    def find_other_sign(self, take: Take, sign: Sign) -> Sign | None:
        """Return the sign that the device would say of a take; None if that is the right one, or nothing."""
        said = self.classifier.classify(take).above_threshold(self.threshold)
        return None if said is None or said.sign.sign_id == sign.sign_id else said.sign
