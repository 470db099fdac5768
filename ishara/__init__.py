"""The public Python API: landmarks, takes, bundles, and the pipeline from frames to words.

    from pathlib import Path
    from ishara import Classifier, Take, open_bundle

    classifier = Classifier(open_bundle(Path("models/karsl-230")))
    print(classifier.classify(Take.load(Path("sign.take.npz"))).best)

What is imported from here stays compatible within a minor version; the modules behind it may move. Names are imported
on first use, so that a program which only reads takes loads no camera library.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import landmarkers  # noqa: F401  # before all others: it disables telemetry

if TYPE_CHECKING:
    from edge.cameras.source import Source, SourceOptions, open_source
    from edge.config import SHIPPED_MODEL
    from edge.conversation import Conversation
    from edge.pipeline import run_pipeline
    from edge.recognition.recogniser import Recogniser
    from edge.recognition.word import Word
    from edge.sinks.sink import Sink
    from edge.utterances.utterance import Event, Line, Utterance
    from ishara.recogniser import open_recogniser
    from landmarkers.errors import UserError
    from landmarkers.frame import Frame, Landmarks
    from landmarkers.layout import Part
    from landmarkers.take import Provenance, Take
    from models.bundle import Bundle, open_bundle
    from models.classifier import Candidate, Prediction
    from models.classifier import OnnxClassifier as Classifier
    from models.spotter import SignSpotter

__all__ = [
    "SHIPPED_MODEL",
    "Bundle",
    "Candidate",
    "Classifier",
    "Conversation",
    "Event",
    "Frame",
    "Landmarks",
    "Line",
    "Part",
    "Prediction",
    "Provenance",
    "Recogniser",
    "SignSpotter",
    "Sink",
    "Source",
    "SourceOptions",
    "Take",
    "UserError",
    "Utterance",
    "Word",
    "open_bundle",
    "open_recogniser",
    "open_source",
    "run_pipeline",
]

_HOMES: Final = {
    "SHIPPED_MODEL": "edge.config",
    "Bundle": "models.bundle",
    "Candidate": "models.classifier",
    "Conversation": "edge.conversation",
    "Event": "edge.utterances.utterance",
    "Frame": "landmarkers.frame",
    "Landmarks": "landmarkers.frame",
    "Line": "edge.utterances.utterance",
    "Part": "landmarkers.layout",
    "Prediction": "models.classifier",
    "Provenance": "landmarkers.take",
    "Recogniser": "edge.recognition.recogniser",
    "SignSpotter": "models.spotter",
    "Sink": "edge.sinks.sink",
    "Source": "edge.cameras.source",
    "SourceOptions": "edge.cameras.source",
    "Take": "landmarkers.take",
    "UserError": "landmarkers.errors",
    "Utterance": "edge.utterances.utterance",
    "Word": "edge.recognition.word",
    "open_bundle": "models.bundle",
    "open_recogniser": "ishara.recogniser",
    "open_source": "edge.cameras.source",
    "run_pipeline": "edge.pipeline",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name == "Classifier":
        return import_module("models.classifier").OnnxClassifier
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
