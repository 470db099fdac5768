"""Opens a recogniser from a bundle alone, for programs without the daemon."""

from edge.recognition.model_slot import ModelStages
from edge.recognition.recogniser import Recogniser
from edge.recognition.word import StreamClock, WordFactory
from models.bundle import Bundle
from models.classifier import OnnxClassifier


def open_recogniser(
    bundle: Bundle, *, device: str = "ishara", threshold: float | None = None, fast: bool = False
) -> Recogniser:
    """Return a recogniser that reads a stream of landmarks with the bundle.

    `device` is named in the word events, `threshold` is the bundle's own by default, and `fast` dates words by the
    stream's own time instead of the wall clock, for recordings that are read faster than they were made.
    Raises BundleRefused.
    """
    manifest = bundle.manifest
    minimum = manifest.calibration.threshold if threshold is None else threshold
    words = WordFactory(StreamClock(fast=fast), model=manifest.title, device=device, threshold=minimum)
    return Recogniser(ModelStages.of(bundle, OnnxClassifier(bundle), words))
