"""Learns signs from takes with one bundle."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from landmarkers.array_archive import ArrayArchive
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from landmarkers.take import Take
from models.bundle import EXEMPLARS, MODEL, Bundle
from models.labels import Sign
from models.learned.classifier import Network
from models.learned.cohort import Cohort, likeness
from models.learned.head import LearnedHead

_MAX_BYTES: Final = 256_000_000


class TeachingUnavailable(UserError):
    """A bundle from which no sign can be learned; the message says why."""


class Teacher:
    """Teaches one bundle's network more signs, or a person's own way of those that it knows."""

    def __init__(self, bundle: Bundle, network: Network) -> None:
        """Read what the bundle gives to learning; the network runs its graph. Raises TeachingUnavailable."""
        self._model = bundle.manifest.files[MODEL]
        self._signs = bundle.signs
        self._network = network
        title = bundle.manifest.title
        if not network.has_embedding or EXEMPLARS not in bundle.manifest.files:
            raise TeachingUnavailable(f"{title} cannot be taught signs, as it was exported without what that needs")
        try:
            with (bundle.folder / EXEMPLARS).open("rb") as file:
                self._cohort = Cohort.read(ArrayArchive(file, _MAX_BYTES))
        except (OSError, ValueError) as error:
            raise TeachingUnavailable(
                f"{title} cannot be taught signs: {EXEMPLARS} does not give what that needs ({describe(error)})"
            ) from error

    def learn(self, takes: Sequence[Take], signs: Iterable[Sign]) -> LearnedHead:
        """Return a head that knows takes of signs, whose numbers are in their provenance; `signs` name new numbers.

        Raises ValueError without a take, for one without a sign, or for a sign that nobody names.
        """
        known = {sign.sign_id for sign in self._signs}
        named = {sign.sign_id: sign for sign in signs}
        sign_ids = [_sign_of(take) for take in takes]
        if not sign_ids:
            raise ValueError("nothing was taught")
        new = sorted({*sign_ids} - known)
        if absent := {*new} - named.keys():
            raise ValueError(f"sign {min(absent)} has no name")
        embeddings = np.stack([self._network.answer(take)[1] for take in takes])
        all_signs = (*self._signs, *(named[number] for number in new))
        return LearnedHead(self._model, all_signs, self._cohort, embeddings, np.array(sign_ids, np.int64))

    def fits(self, head: LearnedHead) -> bool:
        """Return whether a head was learned with this bundle; for another one it is learned again from its takes."""
        return head.model == self._model and head.signs[: len(self._signs)] == self._signs

    def likeness(self, one: Take, other: Take) -> float:
        """Return how alike two takes are, from -1 to 1: those of one sign are mostly above 0.65."""
        first, second = (self._network.answer(take)[1][None] for take in (one, other))
        one_way, other_way = (self._cohort.directions_of(embedding) for embedding in (first, second))
        return float(likeness(one_way, other_way, float(first[0, -1]))[0])


def _sign_of(take: Take) -> int:
    if take.provenance.sign_id is None:
        raise ValueError(f"the take {take.provenance.clip} has no sign")
    return take.provenance.sign_id
