"""Runs one TFLite network with LiteRT and XNNPACK on the calling thread. The only file that imports LiteRT.

LiteRT runs on every 64-bit Arm processor, also that of a Raspberry Pi 4, while MediaPipe's own wheels need ARMv8.1.
https://ai.google.dev/edge/litert
"""

import math
from functools import cached_property

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from landmarkers.frame import Points
from landmarkers.suppress_output import suppress_stderr


class TfliteNetwork:
    """A network with one image as input and the named tensors as outputs. Not thread-safe."""

    def __init__(self, content: bytes, outputs: tuple[str, ...]) -> None:
        self._content = content
        self.runs = 0
        """The number of runs since the network was loaded."""
        with suppress_stderr():
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
            details = self._interpreter.get_input_details()[0]
            self._input = details["index"]
            self.input_size: int = int(details["shape"][1])
            indices = {output["name"]: output["index"] for output in self._interpreter.get_output_details()}
            self._outputs = [indices[name] for name in outputs]
            # The first run packs the weights; it happens here so that no frame waits for it.
            self.run(np.zeros((self.input_size, self.input_size, 3), np.float32))
        self.runs = 0

    def run(self, image: Points) -> list[Points]:
        """Return the outputs for an image, float32 [size, size, 3]. The GIL is released meanwhile."""
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        self.runs += 1
        return [self._interpreter.get_tensor(index)[0] for index in self._outputs]

    @cached_property
    def macs(self) -> int:
        """The multiply-accumulate operations of one run, counted in the convolutions, which are nearly all."""
        # Takes 4 MB, and only `bench` counts.
        from ai_edge_litert import schema_py_generated as schema

        convolutions = (schema.BuiltinOperator.CONV_2D, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
        model = schema.Model.GetRootAsModel(self._content, 0)
        graph = model.Subgraphs(0)
        count = 0
        for operator in map(graph.Operators, range(graph.OperatorsLength())):
            code = model.OperatorCodes(operator.OpcodeIndex())
            if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) in convolutions:
                _, rows, columns, _ = graph.Tensors(operator.Outputs(0)).ShapeAsNumpy().tolist()
                count += rows * columns * math.prod(graph.Tensors(operator.Inputs(1)).ShapeAsNumpy().tolist())
        return count
