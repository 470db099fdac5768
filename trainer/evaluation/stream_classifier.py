"""Classifies the signs in continuous signing with a bundle, as the device does."""

from collections.abc import Iterable
from dataclasses import dataclass

from landmarkers.frame import Landmarks
from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import Candidate, Classifier, OnnxClassifier
from models.spotter import SignSpotter


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that the spotter cut out, and how it was classified. Times are in seconds of the stream.

    `emitted_at` is when the spotter returned it, and `emitted` is True if its best candidate passed the threshold.
    """

    start: float
    end: float
    emitted_at: float
    best: Candidate
    no_sign: float
    emitted: bool


class StreamClassifier:
    """Runs a bundle's spotter and classifier on streams of landmarks."""

    def __init__(self, bundle: Bundle, classifier: Classifier | None = None) -> None:
        """Load the bundle's network, unless there is a classifier that runs it. Raises BundleRefused."""
        self.bundle = bundle
        self._classifier = classifier or OnnxClassifier(bundle)

    def classify(self, stream: Iterable[Landmarks]) -> list[Segment]:
        """Return the segments of a stream, in order."""
        manifest = self.bundle.manifest
        spotter = SignSpotter(manifest.spotter, manifest.landmarker, self._classifier)
        segments: list[Segment] = []
        now = 0.0
        for landmarks in stream:
            now = landmarks.time
            segments += [self._segment(take, now) for take in spotter.push(landmarks)]
        return segments + [self._segment(take, now) for take in spotter.flush()]

    def reads(self, take: Take) -> bool:
        """Return True if the take alone, without a stream around it, is read as its sign."""
        best = self._classifier.classify(take).above_threshold(self.bundle.manifest.calibration.threshold)
        return best is not None and best.sign.sign_id == take.provenance.sign_id

    def _segment(self, take: Take, now: float) -> Segment:
        prediction = self._classifier.classify(take)
        emitted = prediction.above_threshold(self.bundle.manifest.calibration.threshold) is not None
        return Segment(float(take.times[0]), float(take.times[-1]), now, prediction.best, prediction.no_sign, emitted)
