"""Measures bundles against each other in one run: size, speed by threads and batch, accuracy, int8 against fp32.

A bundle carries one network, mostly int8. Where it carries what it can be taught further from as well, the network that
it was made of is exported anew in fp32 and measured beside it. Machines are shared and noisy, so all networks are timed
in turn, call by call, and what counts is how they compare within one run.
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

_WARMING: Final = 2  # calls that do not count
_WHOLE_BYTES: Final = frozenset({onnx.TensorProto.INT8, onnx.TensorProto.UINT8})


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """One network of a bundle: its own, or the one that it was made of."""

    bundle: Bundle
    precision: Precision
    shipped: bool
    model: bytes

    @property
    def title(self) -> str:
        """Bundle, version and precision."""
        return f"{self.bundle.manifest.title} {self.precision}{'' if self.shipped else ' (before)'}"

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What it knows."""
        return self.bundle.signs


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a call takes, the fastest and the median; `ratio` is the fastest's to the first network's.

    On a shared machine others slow most calls down, the longer ones more, and the fastest least.
    """

    threads: int
    batch: int
    ms: float
    median_ms: float
    ratio: float


@dataclass(frozen=True, slots=True)
class AccuracyResult:
    """How well a network reads the takes whose signs it knows.

    `agreement` is the share that it reads as the other network of its bundle does, None where there is no other.
    """

    evaluation: Evaluation
    agreement: float | None


@dataclass(frozen=True, slots=True, eq=False)
class NetworkResult:
    """A network and what was measured of it."""

    network: Network
    timings: tuple[Timing, ...]
    accuracy: AccuracyResult | None


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """One run: every network, the first of them what the others are held against, and what could not be measured."""

    results: tuple[NetworkResult, ...]
    rounds: int
    frames: int
    takes: int
    skipped: tuple[str, ...]


def benchmark_bundles(
    bundles: Sequence[Bundle], takes: Sequence[Take], threads: Sequence[int], batches: Sequence[int], rounds: int
) -> Benchmark:
    """Measure bundles side by side. Raises NothingToJudge where there are takes, but none of a sign that one knows."""
    networks, left_out = [], []
    for bundle in tqdm(bundles, desc="open", unit="bundle"):
        own = Network(bundle, precision_of(bundle.model.read_bytes()), shipped=True, model=bundle.model.read_bytes())
        networks.append(own)
        if own.precision is Precision.INT8:
            try:
                networks.append(Network(bundle, Precision.FP32, shipped=False, model=_before(bundle)))
            except ParentModelUnusable as error:
                left_out.append(f"{bundle.manifest.title} in fp32: {error}")
    answers = [_read(network, takes) for network in networks] if takes else []
    timings = _time(networks, threads, batches, rounds)
    measured = tuple(
        NetworkResult(network, timings[place], _reading(place, networks, takes, answers) if takes else None)
        for place, network in enumerate(networks)
    )
    return Benchmark(measured, rounds, len(bundles[0].probe.times), len(takes), tuple(left_out))


def precision_of(model: bytes) -> Precision:
    """What an ONNX file calculates its large products with, by what its weights are kept in."""
    kinds = {weight.data_type for weight in onnx.load_from_string(model).graph.initializer if len(weight.dims) > 1}
    return Precision.INT8 if kinds & _WHOLE_BYTES else Precision.FP32


def _before(bundle: Bundle) -> bytes:
    """The network that a bundle was made of, in fp32. Raises AncestorUnusable."""
    recogniser = open_parent_model(bundle.folder).build()
    with tempfile.TemporaryDirectory(prefix="ishara-") as scratch:
        export_fp32(recogniser, Path(scratch) / "fp32.onnx")
        return (Path(scratch) / "fp32.onnx").read_bytes()


def _time(
    networks: Sequence[Network], threads: Sequence[int], batches: Sequence[int], rounds: int
) -> list[tuple[Timing, ...]]:
    """Each network's timings, of the first bundle's probe so many times over in a call; the networks take turns."""
    probe = networks[0].bundle.probe
    kinds = [(count, batch) for count in threads for batch in batches]
    timings: list[list[Timing]] = [[] for _ in networks]
    progress = tqdm(total=len(kinds) * rounds * len(networks), desc="time", unit="call")
    for count, batch in kinds:
        sessions = [open_session(network.model, count) for network in networks]
        inputs = {"points": np.stack([probe.points] * batch), "times": np.stack([probe.times] * batch)}
        seconds: NDArray[np.float64] = np.empty((rounds, len(networks)))
        for number in range(-_WARMING, rounds):
            for place, session in enumerate(sessions):
                began = time.perf_counter()
                session.run(["probabilities"], inputs)
                if number >= 0:
                    seconds[number, place] = time.perf_counter() - began
                    progress.update()
        fastest, medians = seconds.min(0) * 1000, np.median(seconds, 0) * 1000
        for place, mine in enumerate(timings):
            ratio = float(fastest[place] / fastest[0])
            mine.append(Timing(count, batch, float(fastest[place]), float(medians[place]), ratio))
    progress.close()
    return [tuple(mine) for mine in timings]


def _read(network: Network, takes: Sequence[Take]) -> NDArray[np.float32]:
    """Probabilities [takes, signs + 1] of the takes whose signs the network knows. Raises NothingToJudge."""
    known = _known(network, takes)
    if not known:
        raise NothingToEvaluate(f"there is no take of a sign that {network.bundle.manifest.title} knows")
    session: Any = open_session(network.model)
    progress: tqdm[Take] = tqdm(known, desc=f"read by {network.title}", unit="take")
    return np.concatenate([session.run(["probabilities"], graph_inputs(take))[0] for take in progress])


def _known(network: Network, takes: Sequence[Take]) -> list[Take]:
    sign_ids = {sign.sign_id for sign in network.signs}
    return [take for take in takes if take.provenance.sign_id in sign_ids]


def _reading(
    place: int, networks: Sequence[Network], takes: Sequence[Take], answers: Sequence[NDArray[np.float32]]
) -> AccuracyResult:
    network = networks[place]
    sign_ids = [sign.sign_id for sign in network.signs]
    evaluation = evaluate(answers[place], sign_ids, [take.provenance for take in _known(network, takes)])
    others = [other for other, one in enumerate(networks) if one.bundle is network.bundle and other != place]
    agreement = (answers[place].argmax(1) == answers[others[0]].argmax(1)).mean() if others else None
    return AccuracyResult(evaluation, None if agreement is None else float(agreement))
