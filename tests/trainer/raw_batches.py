"""Raw batches of synthetic takes, and the application of augmentation parameters to them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from landmarkers.layout import PART_SLICES, Part
from landmarkers.quantisation import quantise
from landmarkers.take import Take
from tests.synthetic_takes import make_take
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams
from trainer.augmentation.transforms import TransformConfig
from trainer.augmentation.transitions import TransitionConfig
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import POSE_POINTS

STEP = 1 / 8192  # the quantisation of stored takes
NO_TRANSITIONS = TransitionConfig(probability=0.0, rest_hands_visible=0.0, idle_hand_dropout=0.0)
NO_TRANSFORMS = TransformConfig(*([0.0] * len(TransformConfig._fields)))


def make_takes(count: int = 6) -> list[Take]:
    """Return takes of one hand that moves upwards; the first one is shorter than the others."""
    takes = [make_take(number) for number in range(count)]
    first = takes[0]
    return [Take(first.points[:18], first.times[:18], first.provenance), *takes[1:]]


def to_raw_batch(takes: Sequence[Take]) -> RawBatch:
    """Return the takes as a store of all 543 points would hold them."""
    lengths = np.array([len(take) for take in takes])
    layout = np.arange(543)
    return RawBatch(
        np.concatenate([quantise(take.points) for take in takes]),
        np.concatenate([take.times for take in takes]),
        np.cumsum(lengths) - lengths,
        lengths,
        layout[PART_SLICES[Part.POSE]][None, POSE_POINTS],
        np.stack([layout[PART_SLICES[hand]] for hand in (Part.LEFT_HAND, Part.RIGHT_HAND)]),
    )


def make_random(seed: int = 0) -> np.random.Generator:
    """Return a random generator."""
    return np.random.Generator(np.random.PCG64(seed))


def apply_params(batch: RawBatch, params: AugmentationParams) -> Batch:
    """Return the augmented takes without jitter."""
    return apply_numba(batch, params, 0.0, make_random())


def apply_nothing(batch: RawBatch) -> Batch:
    """Return the takes as recorded, with padding in place of transition frames."""
    return apply_params(batch, AugmentationParams.identity(batch))


def recorded_frames(part: Tensor) -> Tensor:
    """Return the recorded frames of a tensor [B, F, ...] or, for hands, [B, 2, F, 21, 3]."""
    axis = 2 if part.ndim == 5 else 1
    return part.narrow(axis, TRANSITION_FRAMES, part.shape[axis] - 2 * TRANSITION_FRAMES)


def assert_close(actual: Tensor, expected: Tensor) -> None:
    """Assert that points are equal up to the quantisation of takes, and missing in the same places."""
    torch.testing.assert_close(actual, expected, equal_nan=True, atol=2 * STEP, rtol=0)
