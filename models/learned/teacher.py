"""Learns signs from takes with one bundle: embeds them, and fits a head to them."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from landmarkers.array_archive import ArrayArchive
from landmarkers.errors import UserError
from landmarkers.parsing import describe
from landmarkers.take import Take
from models.bundle import EXEMPLARS, MODEL, Bundle
from models.classifier import OnnxClassifier
from models.labels import Sign
from models.learned.fitting import fit_layers
from models.learned.head import Floats, LearnedHead, split_embeddings
from models.learned.rehearsal import Rehearsal

_MAX_BYTES: Final = 256_000_000


class TeachingUnavailable(UserError):
    """A bundle from which no sign can be learned; the message says why."""


class Teacher:
    """Teaches one bundle's network more signs, or a person's own way of those that it knows."""

    def __init__(self, bundle: Bundle, classifier: OnnxClassifier) -> None:
        """Read what the bundle gives to learning; the classifier runs its network. Raises TeachingUnavailable."""
        self._model = bundle.manifest.files[MODEL]
        self._signs = bundle.signs
        self._classifier = classifier
        title = bundle.manifest.title
        if not classifier.has_embedding or EXEMPLARS not in bundle.manifest.files:
            raise TeachingUnavailable(f"{title} cannot be taught signs, as it was exported without what that needs")
        try:
            with (bundle.folder / EXEMPLARS).open("rb") as file:
                self._rehearsal = Rehearsal.read(ArrayArchive(file, _MAX_BYTES), bundle.signs)
        except (OSError, ValueError) as error:
            raise TeachingUnavailable(
                f"{title} cannot be taught signs: {EXEMPLARS} does not give what that needs ({describe(error)})"
            ) from error

    def learn(self, takes: Sequence[Take], signs: Iterable[Sign]) -> LearnedHead:
        """Fit a head to takes of signs, whose numbers are in their provenance; `signs` are those of the new numbers.

        It takes seconds. Raises ValueError without a take, for one without a sign, or for a sign that is not named.
        """
        known = {sign.sign_id for sign in self._signs}
        named = {sign.sign_id: sign for sign in signs}
        taught = {_sign_of(take) for take in takes}
        if not taught:
            raise ValueError("nothing was taught")
        if absent := taught - known - named.keys():
            raise ValueError(f"sign {min(absent)} has no name")
        all_signs = (*self._signs, *(named[number] for number in sorted(taught - known)))
        class_of = {sign.sign_id: index for index, sign in enumerate(all_signs)}
        classes = np.array([class_of[_sign_of(take)] for take in takes])
        embeddings = np.stack([self._classifier.embed(take) for take in takes])
        rehearsal = self._rehearsal
        layers = fit_layers(rehearsal, embeddings, classes, len(all_signs))
        return LearnedHead(
            self._model, all_signs, frozenset(taught), layers, rehearsal.temperature, rehearsal.rejection
        )

    def fits(self, head: LearnedHead) -> bool:
        """Return whether a head reads the embeddings of this bundle; another one is learned again from its takes."""
        return head.model == self._model and head.signs[: len(self._signs)] == self._signs

    def likeness(self, one: Take, other: Take) -> float:
        """Return how alike the embeddings of two takes are, from -1 to 1: those of one sign are above about a half."""
        centre = self._rehearsal.embeddings.mean(0)
        pair = np.stack([self._classifier.embed(take) for take in (one, other)]) - centre
        handshape, motion, *_ = split_embeddings(pair)
        return (_cosine(handshape) + _cosine(motion)) / 2.0


def _sign_of(take: Take) -> int:
    if take.provenance.sign_id is None:
        raise ValueError(f"the take {take.provenance.clip} has no sign")
    return take.provenance.sign_id


def _cosine(pair: Floats) -> float:
    one, other = pair / np.maximum(np.linalg.norm(pair, axis=1, keepdims=True), 1e-6)
    return float(one @ other)
