"""The model that recognises the signs of visitors."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from edge.recognition.model_slot import ModelStages
from edge.recognition.word import StreamClock, WordFactory
from edge.sinks.web.visitors.protocol import LoadModel
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, check_landmarker, open_bundle
from models.classifier import Classifier, OnnxClassifier
from models.labels import parse_labels

DEVICE = "visitor"
"""The device that word events of visitors name: the words are not the device's own."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A bundle with its network loaded, shared by all visitors."""

    bundle: Bundle
    classifier: Classifier
    threshold: float
    allowed: frozenset[int] | None

    @classmethod
    def open(cls, start: LoadModel) -> Self:
        """Load a bundle for a device's labels, vocabulary and threshold. Raises BundleRefused, LabelsDamaged."""
        bundle = open_bundle(Path(start.folder))
        check_landmarker(bundle.manifest, FINGERPRINT)
        if start.labels:
            bundle = replace(bundle, signs=parse_labels(Path(start.folder), start.labels.encode()))
        threshold = bundle.manifest.calibration.threshold if start.threshold is None else start.threshold
        allowed = None if start.allowed is None else frozenset(start.allowed)
        return cls(bundle, OnnxClassifier(bundle), threshold, allowed)

    def new_words(self, clock: StreamClock) -> WordFactory:
        """Return a word factory for one visitor's stream."""
        return WordFactory(clock, model=self.bundle.manifest.title, device=DEVICE, threshold=self.threshold)

    def new_stages(self, words: WordFactory) -> ModelStages:
        """Return stages for one stream, with a spotter of its own and this word factory."""
        return ModelStages.of(self.bundle, self.classifier, words, self.allowed)
