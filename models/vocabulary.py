"""Restricts a model's vocabulary: the signs that are not allowed are never said, and the others are likelier for it.

Where few signs are expected the prior probabilities of all signs change, and the network's answer is adjusted to them
as in Saerens, Latinne, Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural
Computation 14(1), 2002. A sign that is not allowed may still be made, so it stays in the answer, as a rare one. If it
had no part there, an allowed sign would be said in its place, or a piece of it would be taken for one.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from landmarkers.take import Take
from models.classifier import Candidate, Classifier, Prediction

RARE: Final = 0.3
"""The prior probability of a sign that is not allowed, in relation to an allowed one (see docs/evaluation.md)."""


class AdjustedClassifier:
    """Adjusts the predictions of another classifier."""

    def __init__(self, classifier: Classifier, adjust: Callable[[Prediction], Prediction]) -> None:
        self._classifier = classifier
        self._adjust = adjust

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take."""
        return self._adjust(self._classifier.classify(take))


def expecting(classifier: Classifier, allowed: Collection[int] | None) -> Classifier:
    """Return a classifier to which all signs but the allowed ones are rare; None allows all."""
    return classifier if allowed is None else AdjustedClassifier(classifier, partial(expect, allowed=allowed))


def restricted(classifier: Classifier, allowed: Collection[int] | None) -> Classifier:
    """Return a classifier that knows the allowed signs alone, of which there must be one; None allows all."""
    return classifier if allowed is None else AdjustedClassifier(classifier, partial(restrict, allowed=allowed))


def expect(prediction: Prediction, allowed: Collection[int]) -> Prediction:
    """Return the prediction where all signs but the allowed ones are rare; its probabilities add up to 1 again."""
    weighted = [
        (one.confidence if one.sign.sign_id in allowed else RARE * one.confidence, one.sign)
        for one in prediction.candidates
    ]
    total = prediction.no_sign + sum(share for share, _ in weighted)
    weighted.sort(key=lambda one: -one[0])
    return Prediction(tuple(Candidate(sign, share / total) for share, sign in weighted), prediction.no_sign / total)


def restrict(prediction: Prediction, allowed: Collection[int]) -> Prediction:
    """Return the prediction of the allowed signs alone: a rare one that is not allowed is no sign."""
    candidates = tuple(one for one in expect(prediction, allowed).candidates if one.sign.sign_id in allowed)
    return Prediction(candidates, max(0.0, 1.0 - sum(one.confidence for one in candidates)))
