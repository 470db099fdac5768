"""A trained network to ONNX: the whole graph, raw landmarks in and probabilities out, in fp32 and int8."""

import logging
import warnings
from pathlib import Path

import onnx
import torch

from landmarkers.layout import POINT_COUNT
from trainer.model.network import SignClassifier

OPSET = 20


def export_fp32(recogniser: SignClassifier, path: Path) -> None:
    """Write the ONNX graph.

    `points` [batch, time, 543, 3] and `times` [batch, time] go in, `probabilities` [batch, signs + 1] come out.
    """
    recogniser = recogniser.cpu().eval()
    example = (torch.rand(2, 9, POINT_COUNT, 3), torch.arange(9.0).repeat(2, 1) / 30)
    batch, time = torch.export.Dim("batch", min=1), torch.export.Dim("time", min=2)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's notes to its own developers
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            recogniser,
            example,
            input_names=["points", "times"],
            output_names=["probabilities"],
            dynamic_shapes={"points": {0: batch, 1: time}, "times": {0: batch, 1: time}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise RuntimeError("torch gave no ONNX program")
    program.save(str(path))
    onnx.checker.check_model(str(path))
