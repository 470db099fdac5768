"""Classifies takes with a bundle's network and what was learned on the device."""

from typing import Protocol

from landmarkers.take import Take
from models.classifier import Prediction, rank
from models.learned.cohort import Floats
from models.learned.head import LearnedHead


class Network(Protocol):
    """Runs a bundle's graph, as OnnxClassifier does."""

    @property
    def has_embedding(self) -> bool:
        """True if the graph returns an embedding."""

    def answer(self, take: Take) -> tuple[Floats, Floats]:
        """Return the probabilities [signs + 1] and the embedding [2 D + 1] of a take."""


class LearnedClassifier:
    """A classifier of the bundle's signs and the learned ones."""

    def __init__(self, network: Network, head: LearnedHead) -> None:
        """The head must have been learned with this network's bundle (`Teacher.fits`)."""
        self._network = network
        self._head = head

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take, which may be of any length."""
        return rank(self._head.signs, self._head.adjust(*self._network.answer(take)))
