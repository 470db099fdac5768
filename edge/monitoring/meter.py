"""How much of the processor a network takes."""

import time
from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np

from landmarkers.take import Take

if TYPE_CHECKING:
    from models.classifier import Classifier, Prediction

_REMEMBERED: Final = 500  # readings


class MeteredClassifier:
    """A classifier whose readings are metered, by the processor's time.

    What else the device does meanwhile is not the network's fault, and the time on the clock would tell of that too. A
    network runs on the thread that reads with it, so that this thread's time is all that it takes.
    """

    def __init__(self, classifier: "Classifier") -> None:
        self._classifier = classifier
        self._took: deque[float] = deque(maxlen=_REMEMBERED)

    def classify(self, take: Take) -> "Prediction":
        """What the take is read as."""
        began = time.thread_time()
        reading = self._classifier.classify(take)
        self._took.append(time.thread_time() - began)
        return reading

    @property
    def predictions(self) -> int:
        """How many readings were metered lately."""
        return len(self._took)

    def p95_ms(self) -> float:
        """Milliseconds of the processor that all but the dearest twentieth of the readings took at most; 0 of none."""
        took = list(self._took)
        return float(np.percentile(took, 95)) * 1000 if took else 0.0
