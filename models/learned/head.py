"""Recognises learned signs by the takes that were taught, beside a network that does not know them.

A take is of a taught sign where its embedding is close to one of that sign, and clearly closer than to the nearest
signs of the bundle: the mean likeness of a few of them tells how close any sign would be (cohort normalisation, as
speakers are verified: Auckenthaler, Carey and Lloyd-Thomas, "Score Normalization for Text-Independent Speaker
Verification Systems", 2000). Otherwise the network's answer stands. Nothing is trained, so old words stay what they
were, and one take is enough. The settings were chosen on one signer (docs/evaluation.md, "Taught signs").

Shape legend: B takes, D size of the embedding of one expert (see models/learned/cohort.py).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.labels import Sign
from models.learned.cohort import Cohort, Floats, likeness

_NEIGHBOURS: Final = 3  # of the bundle, with which a taught sign is compared
_MARGIN: Final = 0.08  # by which a taught sign is more alike than they, where it is as likely as not
# The likeness which it then has itself. Of a sign that the bundle knows more is asked: the network reads it, too.
_LIKENESS_OF_NEW: Final = 0.7
_LIKENESS_OF_KNOWN: Final = 0.78
_SLOPE: Final = 20.0  # of both
_SHARPNESS: Final = 20.0  # with which one taught sign is preferred to another


@dataclass(frozen=True, slots=True, eq=False)
class LearnedHead:
    """Turns a network's answer into that of the bundle's signs and the learned ones."""

    model: str
    """The SHA-256 of the graph that makes the embeddings."""
    signs: tuple[Sign, ...]
    """The bundle's signs in its order, then those that it does not know."""
    cohort: Cohort
    embeddings: Floats
    """The embeddings [B, 2 D + 1] of the taught takes."""
    sign_ids: NDArray[np.int64]
    """Their signs [B]: those that the bundle does not know, and those that a person makes in another way."""

    @property
    def learned(self) -> frozenset[int]:
        """The numbers of the taught signs."""
        return frozenset(self.sign_ids.tolist())

    def adjust(self, probabilities: Floats, embedding: Floats) -> Floats:
        """Return the probabilities [signs + 1] of a take, given those of the bundle and its embedding [2 D + 1]."""
        take, moving = self.cohort.directions_of(embedding[None]), float(embedding[-1])
        to_learned = likeness(take, self.cohort.directions_of(self.embeddings), moving)
        numbers = np.unique(self.sign_ids)
        alike = np.array([to_learned[self.sign_ids == number].max() for number in numbers])
        best, added = int(alike.argmax()), len(self.signs) + 1 - len(probabilities)
        others = self.cohort.sign_ids != numbers[best]
        to_others = likeness(take, [one[others] for one in self.cohort.directions], moving)
        margin = alike[best] - (np.sort(to_others)[-_NEIGHBOURS:].mean() if len(to_others) else 0.0)
        is_new = numbers[best] in {sign.sign_id for sign in self.signs[len(self.signs) - added :]}
        enough = _LIKENESS_OF_NEW if is_new else _LIKENESS_OF_KNOWN
        is_learned = 1.0 / (1.0 + np.exp(-_SLOPE * min(margin - _MARGIN, alike[best] - enough)))
        shares = np.exp(_SHARPNESS * (alike - alike[best]))
        adjusted = np.insert(probabilities, [len(probabilities) - 1] * added, 0.0) * (1.0 - is_learned)
        places = {sign.sign_id: place for place, sign in enumerate(self.signs)}
        adjusted[[places[number] for number in numbers.tolist()]] += is_learned * shares / shares.sum()
        answer: Floats = adjusted.astype(np.float32)
        return answer
