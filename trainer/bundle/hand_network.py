"""Quantises MediaPipe's hand landmark network, the most expensive one on a small computer, to int8.

Weights become int8 per channel, activations int8 by their ranges on crops of real hands (Jacob et al., Quantization and
Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR 2018). The first blocks, which are
small but have the widest ranges, and the last layers, whose outputs are the points, stay float: with all of it in int8
the error of the points is four times as large.
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
from trainer.targets import write_file

_OUTPUTS: Final = ("Identity", "Identity_1", "Identity_2")  # points, presence, handedness
_SIZE: Final = 224
_FILE_IDENTIFIER: Final = b"TFL3"
_FRAME_STRIDE: Final = 5  # hands are detected in every fifth frame of a clip
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

Crops = NDArray[np.uint8]


class HandsTooFew(UserError):
    """Reports clips with too few hands to calibrate on; the message says how many there are."""


@dataclass(frozen=True, slots=True)
class QuantisationReport:
    """Describes an int8 network: the mean distance of its points from the float network's, in pixels of a 224 crop."""

    crops: int
    mean_distance_px: float
    kilobytes: int


def quantise_hand(clips: Sequence[Path], out: Path, max_crops: int) -> QuantisationReport:
    """Write the int8 network, calibrated on hands in these clips; every third hand is held out to measure the error.

    Raises NetworksUnavailable, RecordingUnreadable, HandsTooFew, TargetRefused.
    """
    task = task_bundles.read_task(task_bundles.default_folder(), "hand_landmarker.task")
    crops = _collect_crops(clips, task["hand_detector.tflite"], max_crops)
    held_out = np.arange(len(crops)) % 3 == 0
    if len(crops) < 30:
        raise HandsTooFew(
            f"only {len(crops)} hands are seen in these clips; at least 30 are needed, so add clips that show hands"
        )
    float_network = _to_float32(task["hand_landmarks_detector.tflite"])
    with tempfile.TemporaryDirectory(prefix="ishara-") as folder:
        source = Path(folder) / "hand.tflite"
        source.write_bytes(float_network)
        int8_network = _quantise(source, crops[~held_out])
    write_file(out, int8_network)
    difference = _predict_points(float_network, crops[held_out]) - _predict_points(int8_network, crops[held_out])
    mean_distance = float(np.linalg.norm(difference[..., :2], axis=-1).mean())
    return QuantisationReport(len(crops), mean_distance, len(int8_network) // 1024)


def is_tflite(content: bytes) -> bool:
    """Return True for the beginning of a network in TensorFlow Lite's format."""
    return content[4:8] == _FILE_IDENTIFIER


def _collect_crops(clips: Sequence[Path], palm_network: bytes, max_crops: int) -> Crops:
    """Return hand crops, uint8 [n, 224, 224, 3], taken evenly from all detected palms."""
    detector = Detector(palm_network, PALM_STRIDES, input_min=0.0)

    def crop_hands(clip: Path) -> Iterator[NDArray[np.uint8]]:
        for number, frame in enumerate(read_recording(clip)):
            if number % _FRAME_STRIDE == 0:
                for palm in detector.detect(frame.image, max_detections=2):
                    yield roi_from_palm(palm.box, palm.keypoints).crop(frame.image, _SIZE, cv2.BORDER_REPLICATE)

    crops = [crop for clip in tqdm(clips, desc="hands", unit="clip") for crop in crop_hands(clip)]
    indices = np.unique(np.linspace(0, len(crops) - 1, min(max_crops, len(crops))).astype(int))
    return np.array([crops[index] for index in indices if crops], np.uint8)


def _to_float32(network: bytes) -> bytes:
    """Return the network with float32 instead of float16 weights and with a signature; the quantiser needs both."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(network, 0))
    graph = model.subgraphs[0]
    operators = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        float16 = model.buffers[graph.tensors[operator.inputs[0]].buffer].data
        if max(code.builtinCode, code.deprecatedBuiltinCode) != schema.BuiltinOperator.DEQUANTIZE or float16 is None:
            operators.append(operator)
            continue
        weights = schema.BufferT()
        halves = np.frombuffer(np.asarray(float16, np.uint8).tobytes(), np.float16)
        weights.data = halves.astype(np.float32).view(np.uint8)
        model.buffers.append(weights)
        graph.tensors[operator.outputs[0]].buffer = len(model.buffers) - 1
    graph.operators = operators
    prune_model(model, _OUTPUTS)
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    signature.inputs = [_tensor_map(graph, number) for number in graph.inputs]
    signature.outputs = [_tensor_map(graph, number) for number in graph.outputs]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(4 * len(network))
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _tensor_map(graph: Any, number: int) -> Any:
    tensor = schema.TensorMapT()
    tensor.name, tensor.tensorIndex = graph.tensors[number].name, int(number)
    return tensor


def _quantise(source: Path, crops: Crops) -> bytes:
    quantiser = quantizer.Quantizer(str(source))
    skipped = [_skip(layer, ".*") for layer in _FLOAT_LAYERS] + [_skip("*", block) for block in _FLOAT_BLOCKS]
    quantiser.load_quantization_recipe([*recipe.static_wi8_ai8(), *skipped])
    inputs = [{"input_1": crop.astype(np.float32)[None] / 255} for crop in crops]
    return bytes(quantiser.quantize(quantiser.calibrate({"serving_default": inputs})).quantized_model)


def _skip(operation: str, outputs: str) -> dict[str, Any]:
    """Return the quantiser's rule that leaves these operations as they are."""
    options = {
        "activation_tensor_config": None,
        "weight_tensor_config": None,
        "compute_precision": "FLOAT",
        "explicit_dequantize": False,
        "skip_checks": False,
        "min_weight_elements": 0,
    }
    return {"regex": outputs, "operation": operation, "algorithm_key": "no_quantize", "op_config": options}


def _predict_points(network: bytes, crops: Crops) -> NDArray[np.float32]:
    """Return the hand points [n, 21, 3] of the crops, in pixels."""
    run = TfliteNetwork(network, _OUTPUTS).run
    return np.array([run(crop.astype(np.float32) / 255)[0].reshape(21, 3) for crop in crops])
