"""Exports a trained network to ONNX in fp32: the whole graph, from raw landmarks to probabilities."""

import logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from landmarkers.layout import POINT_COUNT
from trainer.model.network import SignClassifier

OPSET = 20


def export_fp32(classifier: SignClassifier, path: Path) -> None:
    """Write the ONNX graph.

    Inputs: `points` [batch, time, 543, 3] and `times` [batch, time]. Outputs: `probabilities` [batch, signs + 1] and
    `embedding` [batch, size].
    """
    graph = _Graph(classifier.cpu().eval()).eval()
    example = (torch.rand(2, 9, POINT_COUNT, 3), torch.arange(9.0).repeat(2, 1) / 30)
    batch, time = torch.export.Dim("batch", min=1), torch.export.Dim("time", min=2)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's warnings to its own developers
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            graph,
            example,
            input_names=["points", "times"],
            output_names=["probabilities", "embedding"],
            dynamic_shapes={"points": {0: batch, 1: time}, "times": {0: batch, 1: time}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch returned no ONNX program")
    program.save(str(path))
    onnx.checker.check_model(str(path))


class _Graph(nn.Module):
    """A classifier with all outputs of a bundle's graph."""

    def __init__(self, classifier: SignClassifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, points: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return probabilities and embedding."""
        return self.classifier.outputs(points, times)
