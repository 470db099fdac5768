"""The tiny bundle with an embedding of the wrist's place, and with what a device needs to learn more signs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.bundle import EXEMPLARS, MANIFEST, MODEL, open_bundle, sha256_of
from models.labels import Sign
from models.learned.cohort import Cohort
from models.manifest import Manifest
from tests.edge.tiny_bundle import PLACES, SIGNS, write_bundle

NEW_PLACE: Final = 0.35
"""A place of the wrist where the bundle knows no sign."""
_CENTRES: Final = np.linspace(0.0, 1.0, 21, dtype=np.float32)
_SHARPNESS: Final = 400.0


def write_teachable_bundle(folder: Path, *, unteachable: Sequence[float] = (), **options: Any) -> Path:
    """Write the bundle into a folder; at places that are unteachable it takes each new sign for one of its own.

    The options are those of the tiny bundle.
    """
    write_bundle(folder, **options)
    model = onnx.load_model_from_string((folder / MODEL).read_bytes())
    constants = {
        "centres": _CENTRES[None],
        "minus_sharpness": np.array(-_SHARPNESS, np.float32),
        "one": np.array(1.0, np.float32),
    }
    model.graph.initializer.extend(numpy_helper.from_array(content, name) for name, content in constants.items())
    model.graph.node.extend(
        [
            helper.make_node("Sub", ["mean", "centres"], ["from_centres"]),
            helper.make_node("Mul", ["from_centres", "from_centres"], ["from_centres_squared"]),
            helper.make_node("Mul", ["from_centres_squared", "minus_sharpness"], ["closeness_log"]),
            helper.make_node("Exp", ["closeness_log"], ["closeness"]),
            helper.make_node("Sub", ["mean", "mean"], ["nil"]),
            helper.make_node("Add", ["nil", "one"], ["motion"]),
            helper.make_node("Concat", ["closeness", "closeness", "motion"], ["embedding"], axis=1),
        ]
    )
    model.graph.output.append(
        helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 2 * len(_CENTRES) + 1])
    )
    (folder / MODEL).write_bytes(model.SerializeToString())
    _write_exemplars(
        folder / EXEMPLARS, [*zip(SIGNS, PLACES, strict=False), *((SIGNS[0], place) for place in unteachable)]
    )
    manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
    files = {name: sha256_of(folder / name) for name in (*manifest.files, EXEMPLARS)}
    (folder / MANIFEST).write_text(manifest.model_copy(update={"files": files}).model_dump_json())
    open_bundle(folder)
    return folder


def _closeness(place: float) -> NDArray[np.float32]:
    closeness: NDArray[np.float32] = np.exp(-_SHARPNESS * (np.float32(place) - _CENTRES) ** 2)
    return closeness


def _write_exemplars(path: Path, shown: Sequence[tuple[Sign, float]]) -> None:
    random = np.random.default_rng(1)
    places = [place + random.normal(0.0, 0.01) for _, place in shown for _ in range(4)]
    embeddings = [np.concatenate([_closeness(place), _closeness(place), [1.0]]) for place in places]
    cohort = Cohort.of(np.stack(embeddings).astype(np.float32), [sign.sign_id for sign, _ in shown for _ in range(4)])
    np.savez_compressed(path, allow_pickle=False, **cohort.arrays())
