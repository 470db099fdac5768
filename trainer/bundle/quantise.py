"""Makes an int8 network of an fp32 one, by what measures best on takes.

Weights become int8. With dynamic quantisation activations are scaled as they come, which suits transformers;
with static quantisation they are scaled by ranges seen on calibration takes.
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

MAX_TOP1_LOSS: Final = 0.005  # of top-1; a network that loses more in int8 is refused
_AS_FAST: Final = 0.1  # slower is within what timing on a shared machine errs
_MATRIX_PRODUCTS: Final = ["MatMul", "Gemm"]
_TIMED_CALLS: Final = 50


class QuantisationHarmful(UserError):
    """int8 that reads takes worse than fp32 does; the message says by how much."""


@dataclass(frozen=True, slots=True)
class QuantisedNetwork:
    """One way to int8, measured: bytes, milliseconds a call, top-1 on the takes, largest change of a probability."""

    name: str
    bytes: int
    ms: float
    top1: float
    max_abs_diff: float


@dataclass(frozen=True, slots=True)
class QuantisationResult:
    """The networks that were measured, fp32 first, and the one that goes into the bundle."""

    candidates: tuple[QuantisedNetwork, ...]
    selected: QuantisedNetwork


class Precision(StrEnum):
    """What numbers a bundle's network calculates with."""

    INT8 = "int8"
    FP32 = "fp32"


def select_network(
    fp32: Path,
    to: Path,
    takes: Sequence[Take],
    classes: Sequence[int],
    calibration: Sequence[Take],
    precision: Precision = Precision.INT8,
) -> QuantisationResult:
    """Write the best int8 network, or the fp32 one if that is asked for, and tell what all of them are worth.

    `classes` are the right outputs of the takes. Of the ways to int8 that keep top-1 the fastest are looked at, since
    all are of nearly one size, and of these the one that changes the probabilities least is chosen. Raises
    QuantisationHarmful when none keeps it.
    """
    expected = predict_takes(fp32, takes)
    reference = _measure("fp32", fp32, takes, classes, expected)
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        # Symbolic shape inference knows no `IsNaN`; ONNX's own inference is enough.
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        candidates = []
        for name, make in _ways(prepared, calibration).items():
            path = Path(folder) / f"{name}.onnx"
            make(path)
            candidates.append((_measure(name, path, takes, classes, expected), path))
        candidates.sort(key=lambda candidate: candidate[0].ms)
        keeping = [pair for pair in candidates if pair[0].top1 >= reference.top1 - MAX_TOP1_LOSS]
        if precision is Precision.FP32:
            keeping = [(reference, fp32)]
        if not keeping:
            best = max(candidate.top1 for candidate, _ in candidates)
            raise QuantisationHarmful(
                f"int8 reads {best:.1%} of the takes right, fp32 {reference.top1:.1%}: "
                f"more than {MAX_TOP1_LOSS:.1%} is lost"
            )
        fastest = [pair for pair in keeping if pair[0].ms <= keeping[0][0].ms * (1.0 + _AS_FAST)]
        chosen, path = min(fastest, key=lambda pair: pair[0].max_abs_diff)
        to.write_bytes(path.read_bytes())
    return QuantisationResult((reference, *(candidate for candidate, _ in candidates)), chosen)


def predict_takes(model: Path, takes: Sequence[Take]) -> NDArray[np.float32]:
    """Probabilities [takes, signs + 1] that an ONNX file gives, take by take as the device runs it."""
    session = open_session(model.read_bytes())
    return np.concatenate([session.run(["probabilities"], graph_inputs(take))[0] for take in takes])


def graph_inputs(take: Take) -> dict[str, NDArray[np.float32]]:
    """A take as a batch of one for the graph."""
    return {"points": take.points[None], "times": (take.times - take.times[0]).astype(np.float32)[None]}


def _ways(prepared: Path, calibration: Sequence[Take]) -> dict[str, Callable[[Path], None]]:
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
        # Seven bits of weight: products of eight saturate on x86 without VNNI.
        "dynamic-per-channel-7bit": lambda path: dynamic(path, per_channel=True, reduce_range=True),
        "static-per-channel-7bit": static,
    }


class _CalibrationTakes(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Feeds takes to the static quantiser."""

    def __init__(self, takes: Sequence[Take]) -> None:
        self._inputs: Iterator[dict[str, NDArray[np.float32]]] = map(graph_inputs, takes)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next take's inputs, None at the end."""
        return next(self._inputs, None)


def _measure(
    name: str, path: Path, takes: Sequence[Take], classes: Sequence[int], expected: NDArray[np.float32]
) -> QuantisedNetwork:
    answers = predict_takes(path, takes)
    session = open_session(path.read_bytes())
    inputs = graph_inputs(takes[0])
    seconds = []
    for _ in range(_TIMED_CALLS):
        began = time.perf_counter()
        session.run(["probabilities"], inputs)
        seconds.append(time.perf_counter() - began)
    return QuantisedNetwork(
        name=name,
        bytes=path.stat().st_size,
        ms=float(np.median(seconds)) * 1000,
        top1=float((answers.argmax(1) == np.array(classes)).mean()),
        max_abs_diff=float(np.abs(answers - expected).max()),
    )
