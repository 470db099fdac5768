"""Draws takes as they are sketched: every point after all that was done to it."""

import numpy as np
import torch

from trainer.augmentation.apply_numba import draw_by_loops
from trainer.augmentation.apply_torch import draw_by_torch
from trainer.augmentation.params import Sketch
from trainer.data.batch import Batch
from trainer.data.raw_batch import Recorded


def draw(recorded: Recorded, sketch: Sketch, jitter: float, random: np.random.Generator, device: str) -> Batch:
    """The takes on a device, each point moved by normal noise times `jitter`."""
    if device == "cpu":
        return draw_by_loops(recorded, sketch, jitter, random)
    there = torch.Generator(device).manual_seed(int(random.integers(1 << 62)))
    return draw_by_torch(recorded, sketch, jitter, there)
