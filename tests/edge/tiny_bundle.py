"""A bundle whose network distinguishes three signs by the place of the right wrist, small enough to make in a test."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from landmarkers.layout import PART_SLICES, POINT_COUNT, RIGHT_WRIST, Part
from models.bundle import CARD, HASHED_FILES, LABELS, MANIFEST, MODEL, PROBE, Probe, sha256_of, write_probe
from models.classifier import open_session
from models.labels import Sign, labels_json
from models.manifest import Calibration, Manifest, SpotterSettings
from tests import synthetic_signer

SIGNS: Final = (
    Sign(sign_id=76, word="قصبة هوائية", word_en="Trachea"),
    Sign(sign_id=75, word="جهاز تنفسي", word_en="Respiratory system"),
    Sign(sign_id=71, word="هيكل عظمي", word_en="Skeleton"),
)
PLACES: Final = (0.2, 0.5, 0.8)
"""Place of each sign's wrist. Between two places the network cannot decide."""
NOWHERE: Final = 0.0
"""A wrist here, or an invisible one, is no sign."""
TITLE: Final = "tiny@3"


def write_bundle(
    folder: Path,
    *,
    landmarker: str = synthetic_signer.LANDMARKER,
    spotter: SpotterSettings | None = None,
    version: int = 3,
    signs: Sequence[Sign] = SIGNS,
    beside: Sequence[NodeProto] = (),
    places: Sequence[float] = PLACES,
) -> Path:
    """Write the bundle into a folder. Nodes `beside` output `nothing`, a 0 that is added to the network's output.

    With other `places` it expects the wrist elsewhere: far away, it recognises no sign.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(_network(places))
    (folder / LABELS).write_bytes(labels_json(tuple(signs)))
    (folder / CARD).write_text("# Tiny\n\nA network for tests.\n")
    write_probe(folder / PROBE, _probe(folder / MODEL))
    (folder / MODEL).write_bytes(_network(places, beside))
    manifest = Manifest(
        name="tiny",
        version=version,
        parts=frozenset({Part.POSE, Part.RIGHT_HAND, Part.LEFT_HAND}),
        landmarker=landmarker,
        spotter=spotter or SpotterSettings(),
        calibration=Calibration(threshold=0.6),
        accuracy=(),
        smallest_app_version="0.0.1",
        files={name: sha256_of(folder / name) for name in HASHED_FILES},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    return folder


def _network(places: Sequence[float], beside: Sequence[NodeProto] = ()) -> bytes:
    """Return a network that compares the mean x of the right wrist, NaN counting as 0, with each place."""
    wrist = PART_SLICES[Part.POSE].start + RIGHT_WRIST
    constants: dict[str, NDArray[Any]] = {
        "wrist": np.array(wrist, np.int64),
        "x": np.array(0, np.int64),
        "zero": np.array(0.0, np.float32),
        "over_time": np.array([1], np.int64),
        "places": np.array([[*places, NOWHERE]], np.float32),
        "sharpness": np.array(-60.0, np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["points", "wrist"], ["wrists"], axis=2),
        helper.make_node("Gather", ["wrists", "x"], ["wrists_x"], axis=2),
        helper.make_node("IsNaN", ["wrists_x"], ["invisible"]),
        helper.make_node("Where", ["invisible", "zero", "wrists_x"], ["filled"]),
        helper.make_node("ReduceMean", ["filled", "over_time"], ["mean"], keepdims=1),
        helper.make_node("Sub", ["mean", "places"], ["distance"]),
        helper.make_node("Mul", ["distance", "distance"], ["squared"]),
        helper.make_node("Mul", ["squared", "sharpness"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["output" if beside else "probabilities"], axis=-1),
    ]
    if beside:
        nodes += [*beside, helper.make_node("Add", ["output", "nothing"], ["probabilities"])]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("points", TensorProto.FLOAT, ["batch", "time", POINT_COUNT, 3]),
            helper.make_tensor_value_info("times", TensorProto.FLOAT, ["batch", "time"]),
        ],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(places) + 1])],
        [numpy_helper.from_array(content, name) for name, content in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def _probe(model: Path) -> Probe:
    probe = synthetic_signer.take(synthetic_signer.even_times(10, 1.0), synthetic_signer.Sign(0.0, 1.0, x=PLACES[0]))
    times = probe.times.astype(np.float32)
    output = open_session(model.read_bytes()).run(None, {"points": probe.points[None], "times": times[None]})
    return Probe(probe.points, times, output[0][0])
