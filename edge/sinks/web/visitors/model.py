"""The model that recognises the signs of visitors."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from edge.recognition.model_slot import ModelStages
from edge.recognition.word import StreamClock, WordFactory
from edge.sinks.web.visitors.protocol import LoadModel
from landmarkers.take import Provenance, Take
from landmarkers.tracking import FINGERPRINT
from models.bundle import MODEL, Bundle, check_landmarker, open_bundle
from models.classifier import Classifier, OnnxClassifier
from models.labels import parse_labels
from models.learned import LearnedClassifier, parse_head

DEVICE = "visitor"
"""The device that word events of visitors name: the words are not the device's own."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A bundle with its network loaded, and what the device has learned beside it, shared by all visitors."""

    bundle: Bundle
    classifier: Classifier
    threshold: float
    allowed: frozenset[int] | None

    @classmethod
    def open(cls, start: LoadModel) -> Self:
        """Load a bundle for a device's labels, vocabulary, threshold and learned signs.

        Raises BundleRefused, LabelsDamaged, LearnedDamaged.
        """
        bundle = open_bundle(Path(start.folder))
        check_landmarker(bundle.manifest, FINGERPRINT)
        if start.labels:
            bundle = replace(bundle, signs=parse_labels(Path(start.folder), start.labels.encode()))
        threshold = bundle.manifest.calibration.threshold if start.threshold is None else start.threshold
        allowed = None if start.allowed is None else frozenset(start.allowed)
        return cls(bundle, _classifier(bundle, start.learned), threshold, allowed)

    def classify_probe(self) -> None:
        """Classify the bundle's probe."""
        probe, provenance = self.bundle.probe, Provenance(clip="probe", landmarker=self.bundle.manifest.landmarker)
        self.classifier.classify(Take(probe.points, probe.times.astype(np.float64), provenance))

    def new_words(self, clock: StreamClock) -> WordFactory:
        """Return a word factory for one visitor's stream."""
        return WordFactory(clock, model=self.bundle.manifest.title, device=DEVICE, threshold=self.threshold)

    def new_stages(self, words: WordFactory) -> ModelStages:
        """Return stages for one stream, with a spotter of its own and this word factory."""
        return ModelStages.of(self.bundle, self.classifier, words, self.allowed)


def _classifier(bundle: Bundle, learned: bytes) -> Classifier:
    """Return the network, with what was learned unless another bundle lies in the folder by now."""
    network = OnnxClassifier(bundle)
    if not learned:
        return network
    head = parse_head(learned)
    return LearnedClassifier(network, head) if head.model == bundle.manifest.files[MODEL] else network
