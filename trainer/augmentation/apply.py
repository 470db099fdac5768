"""Draws takes as they are sketched: every point after all that was done to it."""

import numpy as np
import torch

from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.apply_torch import apply_torch
from trainer.augmentation.params import AugmentationParams
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def apply(
    recorded: RawBatch, sketch: AugmentationParams, jitter: float, random: np.random.Generator, device: str
) -> Batch:
    """The takes on a device, each point moved by normal noise times `jitter`."""
    if device == "cpu":
        return apply_numba(recorded, sketch, jitter, random)
    there = torch.Generator(device).manual_seed(int(random.integers(1 << 62)))
    return apply_torch(recorded, sketch, jitter, there)
