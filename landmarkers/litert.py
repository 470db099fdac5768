"""Runs one TFLite network with LiteRT and XNNPACK on the calling thread. The only file that imports LiteRT.

LiteRT runs on every 64-bit Arm processor, a Raspberry Pi 4 too, where MediaPipe's own wheels need ARMv8.1.
https://ai.google.dev/edge/litert
"""

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from landmarkers.frame import Points
from landmarkers.silence import silenced


class TfliteNetwork:
    """A network with one picture as input and the named tensors as outputs. Not for several threads at once."""

    def __init__(self, content: bytes, outputs: tuple[str, ...]) -> None:
        with silenced():
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
            details = self._interpreter.get_input_details()[0]
            self._input = details["index"]
            self.input_size: int = int(details["shape"][1])
            numbers = {output["name"]: output["index"] for output in self._interpreter.get_output_details()}
            self._outputs = [numbers[name] for name in outputs]
            # The first run packs the weights: done here, no frame waits for it.
            self.run(np.zeros((self.input_size, self.input_size, 3), np.float32))

    def run(self, picture: Points) -> list[Points]:
        """The outputs for a picture, float32 [size, size, 3]; other threads go on meanwhile."""
        self._interpreter.set_tensor(self._input, picture[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(number)[0] for number in self._outputs]
