"""The model that recognises the signs of visitors."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.recognition.model_slot import ModelStages
from edge.recognition.word import StreamClock, WordFactory
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, check_landmarker, open_bundle
from models.classifier import Classifier, OnnxClassifier

DEVICE = "visitor"
"""The device that word events of visitors name: the words are not the device's own."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A bundle with its network loaded, shared by all visitors."""

    bundle: Bundle
    classifier: Classifier
    threshold: float

    @classmethod
    def open(cls, folder: Path, threshold: float | None) -> Self:
        """Load a bundle, with its own threshold if none is given. Raises BundleRefused."""
        bundle = open_bundle(folder)
        check_landmarker(bundle.manifest, FINGERPRINT)
        own = bundle.manifest.calibration.threshold
        return cls(bundle, OnnxClassifier(bundle), own if threshold is None else threshold)

    def new_words(self, clock: StreamClock) -> WordFactory:
        """Return a word factory for one visitor's stream."""
        return WordFactory(clock, model=self.bundle.manifest.title, device=DEVICE, threshold=self.threshold)

    def new_stages(self, words: WordFactory) -> ModelStages:
        """Return stages for one stream, with a spotter of its own and this word factory."""
        return ModelStages.of(self.bundle, self.classifier, words)
