"""Classifies takes with a bundle's network and a head that was learned on the device."""

from landmarkers.take import Take
from models.classifier import OnnxClassifier, Prediction, rank
from models.learned.head import LearnedHead


class LearnedClassifier:
    """A classifier of the bundle's signs and the learned ones."""

    def __init__(self, classifier: OnnxClassifier, head: LearnedHead) -> None:
        """The head must have been fitted to the embeddings of this classifier's bundle."""
        self._classifier = classifier
        self._head = head

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take, which may be of any length."""
        return rank(self._head.signs, self._head.probabilities(self._classifier.embed(take)[None])[0])
