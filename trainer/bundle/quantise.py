"""Quantises an fp32 network to int8 by the method that measures best on takes.

Weights become int8. Dynamic quantisation scales activations by their range in each call, which suits transformers;
static quantisation scales them by their ranges on calibration takes.
https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from landmarkers.errors import UserError
from landmarkers.take import Take
from models.classifier import open_session

MAX_TOP1_LOSS: Final = 0.005  # an int8 network that loses more top-1 accuracy is refused
_MAX_CHANGE: Final = 0.05  # of a probability; products that saturate change single ones by half
_TIME_TOLERANCE: Final = 0.1  # smaller differences of time are noise on a shared machine
_MATRIX_PRODUCTS: Final = ["MatMul", "Gemm"]
_TIMED_CALLS: Final = 50


class QuantisationHarmful(UserError):
    """Reports that every int8 network loses too much accuracy; the message says how much."""


@dataclass(frozen=True, slots=True)
class QuantisedNetwork:
    """A network with its size, median time of a call, top-1 accuracy, and the largest change of a probability."""

    name: str
    bytes: int
    ms: float
    top1: float
    max_abs_diff: float


@dataclass(frozen=True, slots=True)
class QuantisationResult:
    """The networks that were measured, fp32 first, and the one that was selected for the bundle."""

    candidates: tuple[QuantisedNetwork, ...]
    selected: QuantisedNetwork


class Precision(StrEnum):
    """The number format in which a bundle's network computes its large products."""

    INT8 = "int8"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True, eq=False)
class QuantisationData:
    """Takes to measure a network on, the correct class of each, and the takes that calibrate static quantisation."""

    takes: Sequence[Take]
    classes: Sequence[int]
    calibration: Sequence[Take]


def select_network(
    fp32: Path, to: Path, data: QuantisationData, precision: Precision = Precision.INT8
) -> QuantisationResult:
    """Write the best int8 network, or the fp32 network if that is asked for, and return the figures of all.

    All int8 networks are of nearly the same size. Of those that keep top-1 accuracy and, if there are any, change no
    probability much, the fastest are compared, and the one that changes the probabilities least is selected. Raises
    QuantisationHarmful if none keeps it.
    """
    expected = predict_takes(fp32, data.takes)
    reference = _measure("fp32", fp32, data, expected)
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        # Symbolic shape inference does not support `IsNaN`; ONNX's own inference is enough.
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        candidates = []
        for name, quantise in _quantisers(prepared, data.calibration).items():
            path = Path(folder) / f"{name}.onnx"
            quantise(path)
            candidates.append((_measure(name, path, data, expected), path))
        candidates.sort(key=lambda candidate: candidate[0].ms)
        accurate = [pair for pair in candidates if pair[0].top1 >= reference.top1 - MAX_TOP1_LOSS]
        if precision is Precision.FP32:
            accurate = [(reference, fp32)]
        if not accurate:
            best = max(candidate.top1 for candidate, _ in candidates)
            raise QuantisationHarmful(
                f"int8 classifies {best:.1%} of the takes correctly and fp32 {reference.top1:.1%}: "
                f"more than {MAX_TOP1_LOSS:.1%} is lost; train longer, or export with --precision fp32"
            )
        close = [pair for pair in accurate if pair[0].max_abs_diff <= _MAX_CHANGE] or accurate
        fastest = [pair for pair in close if pair[0].ms <= close[0][0].ms * (1.0 + _TIME_TOLERANCE)]
        selected, path = min(fastest, key=lambda pair: pair[0].max_abs_diff)
        to.write_bytes(path.read_bytes())
    return QuantisationResult((reference, *(candidate for candidate, _ in candidates)), selected)


def predict_takes(model: Path, takes: Sequence[Take]) -> NDArray[np.float32]:
    """Return the probabilities [takes, signs + 1] of an ONNX file, which classifies take by take as on the device."""
    return _run(model, "probabilities", takes)


def embed_takes(model: Path, takes: Sequence[Take]) -> NDArray[np.float32]:
    """Return the embeddings [takes, size] of an ONNX file, take by take as on the device."""
    return _run(model, "embedding", takes)


def _run(model: Path, output: str, takes: Sequence[Take]) -> NDArray[np.float32]:
    session = open_session(model.read_bytes())
    return np.concatenate([session.run([output], graph_inputs(take))[0] for take in takes])


def graph_inputs(take: Take) -> dict[str, NDArray[np.float32]]:
    """Return a take as the graph's inputs, a batch of one."""
    return {"points": take.points[None], "times": (take.times - take.times[0]).astype(np.float32)[None]}


def _quantisers(prepared: Path, calibration: Sequence[Take]) -> dict[str, Callable[[Path], None]]:
    def dynamic(path: Path, **options: Any) -> None:
        quantize_dynamic(prepared, path, weight_type=QuantType.QInt8, op_types_to_quantize=_MATRIX_PRODUCTS, **options)

    def static(path: Path) -> None:
        quantize_static(
            prepared,
            path,
            _CalibrationTakes(calibration),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=_MATRIX_PRODUCTS,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
        )

    return {
        "dynamic": dynamic,
        "dynamic-per-channel": lambda path: dynamic(path, per_channel=True),
        # 7-bit weights: the products of 8-bit ones saturate on x86 without VNNI.
        "dynamic-per-channel-7bit": lambda path: dynamic(path, per_channel=True, reduce_range=True),
        "static-per-channel-7bit": static,
    }


class _CalibrationTakes(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Feeds takes to the static quantiser."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self._inputs: Iterator[dict[str, NDArray[np.float32]]] = map(graph_inputs, takes)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next take's inputs, None at the end."""
        return next(self._inputs, None)


def _measure(name: str, path: Path, data: QuantisationData, expected: NDArray[np.float32]) -> QuantisedNetwork:
    probabilities = predict_takes(path, data.takes)
    session = open_session(path.read_bytes())
    inputs = graph_inputs(data.takes[0])
    seconds = []
    for _ in range(_TIMED_CALLS):
        started = time.perf_counter()
        session.run(["probabilities"], inputs)
        seconds.append(time.perf_counter() - started)
    return QuantisedNetwork(
        name=name,
        bytes=path.stat().st_size,
        ms=float(np.median(seconds)) * 1000,
        top1=float((probabilities.argmax(1) == np.array(data.classes)).mean()),
        max_abs_diff=float(np.abs(probabilities - expected).max()),
    )
