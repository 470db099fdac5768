"""Measures the processor time of a network."""

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from landmarkers.take import Take

if TYPE_CHECKING:
    from models.classifier import Classifier, Prediction

_MAX_MEASUREMENTS: Final = 500


class MeteredClassifier:
    """A classifier that measures the processor time of its predictions.

    Elapsed time would include what else the device does, which is not the network's fault. A network runs on the thread
    that calls it, so that this thread's time is all that it takes.
    """

    def __init__(self, classifier: "Classifier") -> None:
        self._classifier = classifier
        self._seconds: deque[float] = deque(maxlen=_MAX_MEASUREMENTS)

    def classify(self, take: Take) -> "Prediction":
        """Classify a take."""
        began = time.thread_time()
        prediction = self._classifier.classify(take)
        self._seconds.append(time.thread_time() - began)
        return prediction

    @property
    def predictions(self) -> int:
        """Return the number of recent predictions that were measured."""
        return len(self._seconds)

    def p95_ms(self) -> float:
        """Return the 95th percentile of the processor time of recent predictions in milliseconds; 0 without any."""
        seconds = list(self._seconds)
        return float(np.percentile(seconds, 95)) * 1000 if seconds else 0.0
