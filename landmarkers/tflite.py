"""Edits TFLite networks: adds the metadata that MediaPipe requires and removes outputs that are not used.

The flatbuffer schemas are loaded as generated Python from MediaPipe's wheel, whose sha256 the caller has checked.
https://ai.google.dev/edge/litert/models/metadata
"""

import importlib.util
import zipimport
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import flatbuffers
import numpy as np

_METADATA_FIELD: Final = "TFLITE_METADATA"
_MODEL_IDENTIFIER: Final = b"TFL3"
_METADATA_IDENTIFIER: Final = b"M001"


class TfliteEditor:
    """Returns edited copies of networks; the same network and edit result in the same bytes."""

    def __init__(self, wheel: Path) -> None:
        self._tflite = _module_in_wheel(wheel, "mediapipe/tasks/metadata", "schema_py_generated")
        self._metadata = _module_in_wheel(wheel, "mediapipe/tasks/metadata", "metadata_schema_py_generated")

    def add_metadata(self, network: bytes, normalisation: tuple[float, float]) -> bytes:
        """Add metadata: mean and standard deviation of the input's pixels, and an empty entry for each output."""
        model = self._read(network)
        buffer = self._tflite.BufferT()
        buffer.data = list(self._input_metadata(len(model.subgraphs[0].outputs), normalisation))
        model.buffers.append(buffer)
        entry = self._tflite.MetadataT()
        entry.name = _METADATA_FIELD
        entry.buffer = len(model.buffers) - 1
        model.metadata = [*(model.metadata or []), entry]
        return self._write(model, len(network))

    def prune_outputs(self, network: bytes, outputs: tuple[str, ...]) -> bytes:
        """Keep these outputs alone, without the operators that lead to no other."""
        model = self._read(network)
        prune_model(model, outputs)
        return self._write(model, len(network))

    def _read(self, network: bytes) -> Any:
        return self._tflite.ModelT.InitFromObj(self._tflite.Model.GetRootAsModel(network, 0))

    def _write(self, model: Any, size: int) -> bytes:
        builder = flatbuffers.Builder(size)
        builder.Finish(model.Pack(builder), _MODEL_IDENTIFIER)
        return bytes(builder.Output())

    def _input_metadata(self, output_count: int, normalisation: tuple[float, float]) -> bytes:
        metadata = self._metadata
        unit = metadata.ProcessUnitT()
        unit.optionsType = metadata.ProcessUnitOptions.NormalizationOptions
        unit.options = metadata.NormalizationOptionsT()
        unit.options.mean, unit.options.std = [normalisation[0]], [normalisation[1]]
        image = metadata.TensorMetadataT()
        image.name = "image"
        image.content = metadata.ContentT()
        image.content.contentPropertiesType = metadata.ContentProperties.ImageProperties
        image.content.contentProperties = metadata.ImagePropertiesT()
        image.content.contentProperties.colorSpace = metadata.ColorSpaceType.RGB
        image.processUnits = [unit]
        graph = metadata.SubGraphMetadataT()
        graph.inputTensorMetadata = [image]
        graph.outputTensorMetadata = []
        for index in range(output_count):
            output = metadata.TensorMetadataT()
            output.name = f"output_{index}"
            output.content = metadata.ContentT()
            output.content.contentPropertiesType = metadata.ContentProperties.FeatureProperties
            output.content.contentProperties = metadata.FeaturePropertiesT()
            graph.outputTensorMetadata.append(output)
        model = metadata.ModelMetadataT()
        model.subgraphMetadata = [graph]
        builder = flatbuffers.Builder(0)
        builder.Finish(model.Pack(builder), _METADATA_IDENTIFIER)
        return bytes(builder.Output())


def prune_model(model: Any, outputs: tuple[str, ...]) -> None:
    """Keep these outputs of a network alone, and remove operators and tensors that lead to no other.

    `model` is a `ModelT` of the generated schema, changed in place. Metadata and signatures are removed, because they
    may refer to outputs that are gone.
    """
    graph = model.subgraphs[0]
    indices = {tensor.name.decode(): index for index, tensor in enumerate(graph.tensors)}
    graph.outputs = [indices[name] for name in outputs]
    needed, kept = set(graph.outputs), []
    for operator in reversed(graph.operators):
        if needed.intersection(operator.outputs):
            needed.update(operator.inputs)
            kept.append(operator)
    graph.operators = kept[::-1]
    users = [graph, *graph.operators]
    used = sorted({int(index) for user in users for index in (*user.inputs, *user.outputs)})
    new_index = {old: new for new, old in enumerate(used)}
    graph.tensors = [graph.tensors[index] for index in used]
    for user in users:
        user.inputs = np.array([new_index[index] for index in user.inputs], np.int32)
        user.outputs = np.array([new_index[index] for index in user.outputs], np.int32)
    # Buffers keep their indices; unused ones lose their weights.
    buffers = {tensor.buffer for tensor in graph.tensors}
    for index, buffer in enumerate(model.buffers):
        if index not in buffers:
            buffer.data = None
    model.metadata = model.metadataBuffer = model.signatureDefs = None


def _module_in_wheel(wheel: Path, folder: str, name: str) -> ModuleType:
    spec = zipimport.zipimporter(f"{wheel}/{folder}").find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"{wheel} contains no {folder}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
