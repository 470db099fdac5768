"""Quantises MediaPipe's hand landmark network to int8: the network that decides what a small computer can do.

Weights become int8 channel by channel, activations int8 by the ranges that they take on regions of real hands (Jacob et
al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018). The first
blocks, small but with the widest ranges, and the last layers, whose answers are the points, stay float: quantised
whole, the points lie four times as far off.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_quantizer import quantizer, recipe
from numpy.typing import NDArray
from tqdm import tqdm

from landmarkers import task_bundles
from landmarkers.detector import PALM_STRIDES, Detector
from landmarkers.errors import UserError
from landmarkers.hand import roi_from_palm
from landmarkers.litert import TfliteNetwork
from landmarkers.recording import read_recording
from landmarkers.tflite import prune_model

_OUTPUTS: Final = ("Identity", "Identity_1", "Identity_2")  # points, presence, handedness
_SIZE: Final = 224
_EVERY: Final = 5  # frames of a clip of which one is searched for hands
_FLOAT_LAYERS: Final = ("INPUT", "OUTPUT", "FULLY_CONNECTED", "LOGISTIC", "MEAN")
_FLOAT_BLOCKS: Final = tuple(
    f".*model/{name}"
    for name in (
        "conv2d/Conv2D",
        "depthwise_conv2d/depthwise;.*",
        "conv2d_1/Conv2D1",
        "conv2d_2/Conv2D",
        "depthwise_conv2d_1/depthwise",
        ".*conv2d_3/Conv2D1",
        "conv2d_4/Conv2D",
        "depthwise_conv2d_2/depthwise",
    )
)


class HandsTooFew(UserError):
    """The clips show too few hands to learn the ranges from; the message says how many."""


Crops = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class QuantisationError:
    """How far the int8 network's points lie from the float one's: the mean, in pixels of its picture of 224."""

    crops: int
    distance: float
    kilobytes: int


def quantise_hand(clips: Sequence[Path], out: Path, at_most: int) -> QuantisationError:
    """Write the int8 network, calibrated on hands of these clips; judged on every third of them, kept apart.

    Raises NetworksUnavailable, RecordingUnreadable, HandsTooFew.
    """
    task = task_bundles.read_task(task_bundles.default_folder(), "hand_landmarker.task")
    crops = _crops(clips, task["hand_detector.tflite"], at_most)
    judged = np.arange(len(crops)) % 3 == 0
    if len(crops) < 30:
        raise HandsTooFew(f"only {len(crops)} hands are seen in these clips; 30 are needed at least")
    plain = _unpacked(task["hand_landmarks_detector.tflite"])
    with tempfile.TemporaryDirectory(prefix="ishara-") as folder:
        source = Path(folder) / "hand.tflite"
        source.write_bytes(plain)
        quantised = _quantised(source, crops[~judged])
    out.write_bytes(quantised)
    apart = _points(plain, crops[judged]) - _points(quantised, crops[judged])
    return QuantisationError(len(crops), float(np.linalg.norm(apart[..., :2], axis=-1).mean()), len(quantised) // 1024)


def _crops(clips: Sequence[Path], palm_network: bytes, at_most: int) -> Crops:
    """Pictures of hands, uint8 [n, 224, 224, 3], taken evenly from all that the palm detector finds."""
    detector = Detector(palm_network, PALM_STRIDES, input_min=0.0)

    def hands(clip: Path) -> Iterator[NDArray[np.uint8]]:
        for number, frame in enumerate(read_recording(clip)):
            if number % _EVERY == 0:
                for palm in detector.detect(frame.image, max_detections=2):
                    yield roi_from_palm(palm.box, palm.keypoints).crop(frame.image, _SIZE, cv2.BORDER_REPLICATE)

    found = [hand for clip in tqdm(clips, desc="hands", unit="clip") for hand in hands(clip)]
    chosen = np.unique(np.linspace(0, len(found) - 1, min(at_most, len(found))).astype(int))
    return np.array([found[number] for number in chosen if found], np.uint8)


def _unpacked(network: bytes) -> bytes:
    """The network with its half-precision weights in single precision, and a signature: the quantiser wants both."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    graph = model.subgraphs[0]
    kept = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        packed = model.buffers[graph.tensors[operator.inputs[0]].buffer].data
        if max(code.builtinCode, code.deprecatedBuiltinCode) != schema.BuiltinOperator.DEQUANTIZE or packed is None:
            kept.append(operator)
            continue
        weights = schema.BufferT()
        halves = np.frombuffer(np.asarray(packed, np.uint8).tobytes(), np.float16)
        weights.data = halves.astype(np.float32).view(np.uint8)
        model.buffers.append(weights)
        graph.tensors[operator.outputs[0]].buffer = len(model.buffers) - 1
    graph.operators = kept
    prune_model(model, _OUTPUTS)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_named(graph, number) for number in graph.inputs]
    signature.outputs = [_named(graph, number) for number in graph.outputs]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(4 * len(network))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _named(graph: Any, number: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = graph.tensors[number].name, int(number)
    return tensor


def _quantised(source: Path, crops: Crops) -> bytes:
    whole = quantizer.Quantizer(str(source))
    kept = [_kept(layer, ".*") for layer in _FLOAT_LAYERS] + [_kept("*", block) for block in _FLOAT_BLOCKS]
    whole.load_quantization_recipe([*recipe.static_wi8_ai8(), *kept])
    shown = [{"input_1": crop.astype(np.float32)[None] / 255} for crop in crops]
    return bytes(whole.quantize(whole.calibrate({"serving_default": shown})).quantized_model)


def _kept(operation: str, outputs: str) -> dict[str, Any]:
    """The quantiser's word for: leave these as they are."""
    options = {
        "activation_tensor_config": None,
        "weight_tensor_config": None,
        "compute_precision": "FLOAT",
        "explicit_dequantize": False,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    return {"regex": outputs, "operation": operation, "algorithm_key": "no_quantize", "op_config": options}


def _points(network: bytes, crops: Crops) -> NDArray[np.float32]:
    run = TfliteNetwork(network, _OUTPUTS).run
    return np.array([run(crop.astype(np.float32) / 255)[0].reshape(21, 3) for crop in crops])
