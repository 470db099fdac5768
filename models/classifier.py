"""Runs a bundle's network: a take in, how likely each sign is out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from landmarkers.frame import Points
from landmarkers.take import Take
from models.bundle import Bundle, BundleRefused
from models.labels import Sign

# The same file gives slightly other numbers on other processors: int8 products saturate on some, not on others.
PROBE_TOLERANCE: Final = 0.05

_NOT_RUNNABLE: Final = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sign and how likely it is, 0 to 1."""

    sign: Sign
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a take was read as: every sign, the likeliest first, and how likely it is none of them."""

    candidates: Sequence[Candidate]
    no_sign: float

    @property
    def best(self) -> Candidate:
        """The likeliest sign."""
        return self.candidates[0]

    def above_threshold(self, threshold: float) -> Candidate | None:
        """The sign to say; None when none is as likely as the threshold, or when it is likelier no sign at all."""
        return None if self.best.confidence < threshold or self.no_sign > self.best.confidence else self.best


class Classifier(Protocol):
    """Reads one sign's stretch of landmarks."""

    def classify(self, take: Take) -> Prediction:
        """What the take is read as."""


class OnnxClassifier:
    """A bundle's network on ONNX Runtime, one thread and no spinning.

    For a network this small a second thread is slower and noisier, and a spinning one steals the
    landmark networks' core.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Load the network and hold it against the bundle's probe. Raises BundleRefused."""
        self._signs = bundle.signs
        try:
            self._session = open_session(bundle.model.read_bytes())
            answer = self.probabilities(bundle.probe.points, bundle.probe.times)
        except _NOT_RUNNABLE as error:
            raise BundleRefused(f"{bundle.model} is not a network that runs here: {_first_line(error)}") from error
        expected = bundle.probe.probabilities
        if answer.shape != expected.shape:
            raise BundleRefused(f"{bundle.model} answers {answer.size} classes, its probe {expected.size}")
        if answer.argmax() != expected.argmax() or not np.abs(answer - expected).max() <= PROBE_TOLERANCE:
            raise BundleRefused(
                f"the probe of {bundle.folder} gives another answer here than where the bundle was made: "
                f"{answer.max():.3f} for class {answer.argmax()}, not {expected.max():.3f} for {expected.argmax()}"
            )

    def classify(self, take: Take) -> Prediction:
        """Every sign by likelihood."""
        probabilities = self.probabilities(take.points, take.times - take.times[0])
        order = np.argsort(-probabilities[:-1])
        guesses = tuple(Candidate(self._signs[number], float(probabilities[number])) for number in order)
        return Prediction(guesses, float(probabilities[-1]))

    def probabilities(self, points: Points, times: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities [signs + 1] of one take: points [time, 543, 3] and times [time] from its start."""
        inputs = {"points": points[None].astype(np.float32), "times": times[None].astype(np.float32)}
        outputs = self._session.run(["probabilities"], inputs)
        answer: NDArray[np.float32] = outputs[0][0]
        return answer


def open_session(model: bytes, threads: int = 1) -> ort.InferenceSession:
    """An ONNX Runtime session as the device runs it, on one thread unless told; nobody is told of its use."""
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
