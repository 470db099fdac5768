"""The model that reads what visitors sign, and what it takes to read with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.recognition.recognition import ModelPipeline
from edge.recognition.word import StreamClock, WordFactory
from landmarkers.tracking import FINGERPRINT
from models.bundle import Bundle, check_landmarker, open_bundle
from models.classifier import Classifier, OnnxClassifier

DEVICE = "visitor"
"""What word events of visitors name as their device: the words are none of the device's own."""


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A bundle with its network loaded; the same for all visitors."""

    bundle: Bundle
    classifier: Classifier
    threshold: float

    @classmethod
    def open(cls, folder: Path, threshold: float | None) -> Self:
        """That of a bundle; without a threshold its own holds. Raises BundleRefused."""
        bundle = open_bundle(folder)
        check_landmarker(bundle.manifest, FINGERPRINT)
        own = bundle.manifest.calibration.threshold
        return cls(bundle, OnnxClassifier(bundle), own if threshold is None else threshold)

    def word_factory(self, clock: StreamClock) -> WordFactory:
        """Who writes the words of a visitor."""
        return WordFactory(clock, model=self.bundle.manifest.title, device=DEVICE, threshold=self.threshold)

    def new_recognition(self, writer: WordFactory) -> ModelPipeline:
        """A recognition of its own for a stream whose words this one writes."""
        return ModelPipeline.of(self.bundle, self.classifier, writer)
