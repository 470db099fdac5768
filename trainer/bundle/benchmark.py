"""Benchmarks bundles in one run: size, speed by threads and batch size, accuracy, and int8 against fp32.

A bundle carries one network, mostly int8. If it also carries an exemplar memory, the fp32 network before quantisation
is exported from it and measured beside it. Machines are shared and noisy, so the networks are timed in turns, call by
call, and only their ratios within one run count.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from tqdm import tqdm

from landmarkers.take import Take
from models.bundle import Bundle
from models.classifier import open_session
from models.labels import Sign
from trainer.bundle.export import export_fp32
from trainer.bundle.quantise import Precision, graph_inputs
from trainer.evaluation.evaluation import NothingToEvaluate
from trainer.evaluation.metrics import Evaluation, evaluate
from trainer.training.parent_model import ParentModelUnusable, open_parent_model

_WARMUP_CALLS: Final = 2
_INT8_TYPES: Final = frozenset({onnx.TensorProto.INT8, onnx.TensorProto.UINT8})


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network of a bundle: the shipped one, or the fp32 network that it was quantised from."""

    bundle: Bundle
    precision: Precision
    shipped: bool
    model: bytes

    @property
    def title(self) -> str:
        """Return bundle, version and precision."""
        return f"{self.bundle.manifest.title} {self.precision}{'' if self.shipped else ' (before)'}"

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Return the signs that the network knows."""
        return self.bundle.signs


@dataclass(frozen=True, slots=True)
class Timing:
    """The minimum and median time of a call, and the ratio of the minimum to that of the first network.

    Other load on a shared machine slows most calls down, longer ones more, and the fastest call least.
    """

    threads: int
    batch: int
    ms: float
    median_ms: float
    ratio: float


@dataclass(frozen=True, slots=True)
class AccuracyResult:
    """The accuracy of a network on the takes whose signs it knows.

    `agreement` is the fraction of takes on which the other network of its bundle predicts the same; None without one.
    """

    evaluation: Evaluation
    agreement: float | None


@dataclass(frozen=True, slots=True, eq=False)
class NetworkResult:
    """A network with its figures."""

    network: Network
    timings: tuple[Timing, ...]
    accuracy: AccuracyResult | None


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """One run: every network, the first being the baseline of the others, and what could not be measured."""

    results: tuple[NetworkResult, ...]
    rounds: int
    frames: int
    takes: int
    skipped: tuple[str, ...]


def benchmark_bundles(
    bundles: Sequence[Bundle], takes: Sequence[Take], threads: Sequence[int], batches: Sequence[int], rounds: int
) -> Benchmark:
    """Measure bundles side by side. Raises NothingToEvaluate if a bundle knows none of the takes' signs."""
    networks, skipped = _collect_networks(bundles)
    probabilities = [_predict(network, takes) for network in networks] if takes else []
    timings = _measure_times(networks, threads, batches, rounds)
    results = tuple(
        NetworkResult(
            network, timings[index], _measure_accuracy(index, networks, takes, probabilities) if takes else None
        )
        for index, network in enumerate(networks)
    )
    return Benchmark(results, rounds, len(bundles[0].probe.times), len(takes), tuple(skipped))


def precision_of(model: bytes) -> Precision:
    """Return the precision of an ONNX file's large products, by the types of its weights."""
    types = {weight.data_type for weight in onnx.load_from_string(model).graph.initializer if len(weight.dims) > 1}
    return Precision.INT8 if types & _INT8_TYPES else Precision.FP32


def _collect_networks(bundles: Sequence[Bundle]) -> tuple[list[Network], list[str]]:
    """Return the networks of all bundles, and a sentence for each fp32 network that cannot be exported."""
    networks, skipped = [], []
    for bundle in tqdm(bundles, desc="open", unit="bundle"):
        model = bundle.model.read_bytes()
        shipped = Network(bundle, precision_of(model), shipped=True, model=model)
        networks.append(shipped)
        if shipped.precision is Precision.INT8:
            try:
                networks.append(Network(bundle, Precision.FP32, shipped=False, model=_export_parent(bundle)))
            except ParentModelUnusable as error:
                skipped.append(f"{bundle.manifest.title} in fp32: {error}")
    return networks, skipped


def _export_parent(bundle: Bundle) -> bytes:
    """Return the fp32 network that a bundle was quantised from, as ONNX. Raises ParentModelUnusable."""
    classifier = open_parent_model(bundle.folder).build()
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        export_fp32(classifier, Path(scratch) / "fp32.onnx")
        return (Path(scratch) / "fp32.onnx").read_bytes()


def _measure_times(
    networks: Sequence[Network], threads: Sequence[int], batches: Sequence[int], rounds: int
) -> list[tuple[Timing, ...]]:
    """Return each network's timings on batches of copies of the first bundle's probe; the networks take turns."""
    probe = networks[0].bundle.probe
    conditions = [(count, batch) for count in threads for batch in batches]
    timings: list[list[Timing]] = [[] for _ in networks]
    progress = tqdm(total=len(conditions) * rounds * len(networks), desc="time", unit="call")
    for count, batch in conditions:
        sessions = [open_session(network.model, count) for network in networks]
        inputs = {"points": np.stack([probe.points] * batch), "times": np.stack([probe.times] * batch)}
        seconds: NDArray[np.float64] = np.empty((rounds, len(networks)))
        for call in range(-_WARMUP_CALLS, rounds):
            for index, session in enumerate(sessions):
                started = time.perf_counter()
                session.run(["probabilities"], inputs)
                if call >= 0:
                    seconds[call, index] = time.perf_counter() - started
                    progress.update()
        minimum, median = seconds.min(0) * 1000, np.median(seconds, 0) * 1000
        for index, own in enumerate(timings):
            ratio = float(minimum[index] / minimum[0])
            own.append(Timing(count, batch, float(minimum[index]), float(median[index]), ratio))
    progress.close()
    return [tuple(own) for own in timings]


def _predict(network: Network, takes: Sequence[Take]) -> NDArray[np.float32]:
    """Return the probabilities [takes, signs + 1] of the takes whose signs are known. Raises NothingToEvaluate."""
    known = _takes_of_known_signs(network, takes)
    if not known:
        raise NothingToEvaluate(f"there is no take of a sign that {network.bundle.manifest.title} knows")
    session: Any = open_session(network.model)
    progress: tqdm[Take] = tqdm(known, desc=f"classify with {network.title}", unit="take")
    return np.concatenate([session.run(["probabilities"], graph_inputs(take))[0] for take in progress])


def _takes_of_known_signs(network: Network, takes: Sequence[Take]) -> list[Take]:
    sign_ids = {sign.sign_id for sign in network.signs}
    return [take for take in takes if take.provenance.sign_id in sign_ids]


def _measure_accuracy(
    index: int, networks: Sequence[Network], takes: Sequence[Take], probabilities: Sequence[NDArray[np.float32]]
) -> AccuracyResult:
    network, own = networks[index], probabilities[index]
    provenance = [take.provenance for take in _takes_of_known_signs(network, takes)]
    others = [other for other, one in enumerate(networks) if one.bundle is network.bundle and other != index]
    agreement = float((own.argmax(1) == probabilities[others[0]].argmax(1)).mean()) if others else None
    return AccuracyResult(evaluate(own, network.signs, provenance), agreement)
