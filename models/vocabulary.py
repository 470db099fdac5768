"""Restricts a model's vocabulary: the signs that are not allowed become impossible, and the others likelier for it.

The prior probabilities of the signs change, and the network's answer is adjusted to them as in Saerens, Latinne,
Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural Computation 14(1), 2002.
Somebody may still make a sign that is not allowed. Its probability therefore counts, much reduced, as that of no sign:
if it counted for nothing, some allowed sign would be said in its place.
"""

from collections.abc import Collection
from typing import Final

from landmarkers.take import Take
from models.classifier import Candidate, Classifier, Prediction

EXCLUDED_WEIGHT: Final = 0.1
"""The frequency of signs that are not allowed, in relation to allowed ones; docs/evaluation.md has the figures."""


class RestrictedClassifier:
    """Classifies as another classifier does, with all signs but the allowed ones impossible."""

    def __init__(self, classifier: Classifier, allowed: Collection[int]) -> None:
        """`allowed` are the numbers of signs, of which the classifier must know at least one."""
        self._classifier = classifier
        self._allowed = allowed

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take."""
        return restrict(self._classifier.classify(take), self._allowed)


def restricted(classifier: Classifier, allowed: Collection[int] | None) -> Classifier:
    """Return the classifier with these signs allowed; None allows all."""
    return classifier if allowed is None else RestrictedClassifier(classifier, allowed)


def restrict(prediction: Prediction, allowed: Collection[int]) -> Prediction:
    """Return the prediction if only the allowed signs are expected; its probabilities add up to 1 again."""
    candidates = [one for one in prediction.candidates if one.sign.sign_id in allowed]
    kept = sum(one.confidence for one in candidates)
    excluded = max(0.0, 1.0 - prediction.no_sign - kept)
    no_sign = prediction.no_sign + EXCLUDED_WEIGHT * excluded
    total = kept + no_sign
    return Prediction(
        tuple(Candidate(one.sign, one.confidence / total) for one in candidates),
        no_sign / total,
    )
