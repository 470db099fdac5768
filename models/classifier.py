"""Runs a bundle's network, which predicts the probability of each sign from a take."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from landmarkers.frame import Points
from landmarkers.parsing import describe
from landmarkers.take import Take
from models.bundle import Bundle, BundleRefused
from models.labels import Sign

# Probabilities differ slightly between processors: int8 products saturate on some, not on others.
PROBE_TOLERANCE: Final = 0.05

_INPUTS: Final = {"points", "times"}
_OUTPUT: Final = "probabilities"
_EMBEDDING: Final = "embedding"
_FLOAT: Final = "tensor(float)"
_SPELLING_THRESHOLD: Final = 2 / 3
NOT_RUNNABLE: Final[tuple[type[Exception], ...]] = tuple(
    kind for kind in vars(ort_errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
)
"""ONNX Runtime's exceptions, which have no base class of their own."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sign and its probability, 0 to 1."""

    sign: Sign
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for a take: every sign, the likeliest first, and the probability that it is none of them."""

    candidates: Sequence[Candidate]
    no_sign: float

    @property
    def best(self) -> Candidate:
        """The likeliest sign."""
        return self.candidates[0]

    @property
    def highest_threshold(self) -> float:
        """The highest threshold, 0 to 1, at which the best sign is said; 0 if it is likelier that there is no sign.

        For letters and number signs two thirds of the threshold are enough: they are mistaken for each other, but
        hardly anything else is mistaken for them.
        """
        if self.no_sign > self.best.confidence:
            return 0.0
        return min(1.0, self.best.confidence / (_SPELLING_THRESHOLD if self.best.sign.is_spelling else 1.0))

    def above_threshold(self, threshold: float) -> Candidate | None:
        """Return the best sign, or None when it is not said at the threshold."""
        highest = self.highest_threshold
        return self.best if highest > 0.0 and highest >= threshold else None


class Classifier(Protocol):
    """Classifies the landmarks of one sign."""

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take."""


class OnnxClassifier:
    """Runs a bundle's network on ONNX Runtime with one thread that does not spin.

    For a network this small a second thread is slower and less steady, and a spinning one takes a core from the
    landmark networks.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Load the network and compare its answer to the bundle's probe. Raises BundleRefused."""
        self._signs = bundle.signs
        try:
            self._session = open_session(bundle.model.read_bytes())
            _check_interface(self._session, bundle)
            self.has_embedding = _EMBEDDING in {one.name for one in self._session.get_outputs()}
            """True if it returns that from which signs are learned; the bundles of older releases do not."""
            answer = self.probabilities(bundle.probe.points, bundle.probe.times)
        except NOT_RUNNABLE as error:
            raise BundleRefused(f"{bundle.model} cannot run here: {describe(error)}") from error
        expected = bundle.probe.probabilities
        if answer.shape != expected.shape:
            predicted = f"{answer.size} classes" if answer.ndim == 1 else f"an array {list(answer.shape)}"
            raise BundleRefused(f"{bundle.model} predicts {predicted}, but its probe expects {expected.size}")
        if answer.argmax() != expected.argmax() or not np.abs(answer - expected).max() <= PROBE_TOLERANCE:
            raise BundleRefused(
                f"the probe of {bundle.folder} has another result here than where the bundle was made: "
                f"{answer.max():.3f} for class {answer.argmax()}, not {expected.max():.3f} for {expected.argmax()}"
            )

    def classify(self, take: Take) -> Prediction:
        """Predict the sign of a take, which may be of any length."""
        return rank(self._signs, self.probabilities(take.points, take.times - take.times[0]))

    def answer(self, take: Take) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the probabilities [signs + 1] and the embedding [size] of a take, if the graph `has_embedding`."""
        probabilities, embedding = self._run([_OUTPUT, _EMBEDDING], take.points, take.times - take.times[0])
        return probabilities[0], embedding[0]

    def probabilities(self, points: Points, times: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return probabilities [signs + 1] for points [time, 543, 3] and times [time], in seconds from the start."""
        (answer,) = self._run([_OUTPUT], points, times)
        if len(answer.shape) != 2 or len(answer) != 1:
            return answer
        only: NDArray[np.float32] = answer[0]
        return only

    def _run(
        self, outputs: Sequence[str], points: Points, times: NDArray[np.floating[Any]]
    ) -> list[NDArray[np.float32]]:
        inputs = {"points": points[None].astype(np.float32), "times": times[None].astype(np.float32)}
        answers: list[NDArray[np.float32]] = self._session.run(outputs, inputs)
        return answers


def rank(signs: Sequence[Sign], probabilities: NDArray[np.floating[Any]]) -> Prediction:
    """Return the prediction of the probabilities [signs + 1] of these signs and, last, of "no sign"."""
    order = np.argsort(-probabilities[:-1])
    candidates = tuple(Candidate(signs[index], float(probabilities[index])) for index in order)
    return Prediction(candidates, float(probabilities[-1]))


def open_session(model: bytes, threads: int = 1, *, keep_memory: bool = True) -> ort.InferenceSession:
    """Open an ONNX Runtime session as the device runs it, on one thread by default.

    Without `keep_memory` what the largest input took is given back after each run.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = keep_memory
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # errors are raised, and need not be printed as well
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _check_interface(session: ort.InferenceSession, bundle: Bundle) -> None:
    """Raise BundleRefused unless the network takes and returns what every bundle's does."""
    inputs = {one.name for one in session.get_inputs() if one.type == _FLOAT}
    outputs = {one.name for one in session.get_outputs() if one.type == _FLOAT}
    if inputs != _INPUTS or len(session.get_inputs()) > len(_INPUTS) or _OUTPUT not in outputs:
        raise BundleRefused(
            f"{bundle.model} is no network of a bundle: it must take {' and '.join(sorted(_INPUTS))} and return "
            f"{_OUTPUT}, all of 32-bit floats"
        )
