"""Applies augmentation parameters to takes, on the CPU by numba and on other devices by torch."""

import numpy as np
import torch

from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.apply_torch import apply_torch
from trainer.augmentation.params import AugmentationParams
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def apply(
    batch: RawBatch, params: AugmentationParams, jitter: float, random: np.random.Generator, device: str
) -> Batch:
    """Return the augmented takes on a device; `jitter` is the standard deviation of the noise on each point."""
    if device == "cpu":
        return apply_numba(batch, params, jitter, random)
    generator = torch.Generator(device).manual_seed(int(random.integers(1 << 62)))
    return apply_torch(batch, params, jitter, generator)
