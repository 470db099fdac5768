"""Takes of made-up people, and what training makes of them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take, quantise
from tests.synthetic_takes import make_take
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.params import SLOTS, AugmentationParams
from trainer.augmentation.static_hands import StaticHandConfig
from trainer.augmentation.transforms import TransformConfig
from trainer.augmentation.transitions import TransitionConfig
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import POSE_POINTS

STEP = 1 / 8192  # of takes as they are stored
NOT_HELD = StaticHandConfig(max_wrist_range=0.0)
NO_WAYS = TransitionConfig(probability=0.0, rest_hands_visible=0.0, idle_hand_dropout=0.0)
NO_AMOUNT = TransformConfig(*([0.0] * len(TransformConfig._fields)))


def people(count: int = 6) -> list[Take]:
    """Takes of one hand that moves upwards; the first one is shorter than the others."""
    takes = [make_take(number) for number in range(count)]
    first = takes[0]
    return [Take(first.points[:18], first.times[:18], first.provenance), *takes[1:]]


def recorded(takes: Sequence[Take]) -> RawBatch:
    """The takes as a store of all 543 points would hold them."""
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


def dice(seed: int = 0) -> np.random.Generator:
    """Random numbers."""
    return np.random.Generator(np.random.PCG64(seed))


def drawn(takes: RawBatch, sketch: AugmentationParams) -> Batch:
    """What a sketch looks like."""
    return apply_numba(takes, sketch, 0.0, dice())


def as_recorded(takes: RawBatch) -> Batch:
    """The takes as they were recorded, with room for ways."""
    return drawn(takes, AugmentationParams.of(takes))


def own(part: Tensor) -> Tensor:
    """The recorded frames of something [B, F, ...] or, of hands, [B, 2, F, 21, 3]."""
    axis = 2 if part.ndim == 5 else 1
    return part.narrow(axis, SLOTS, part.shape[axis] - 2 * SLOTS)


def assert_close(one: Tensor, other: Tensor) -> None:
    """See that points are the same but for the steps in which takes are stored, and unseen in the same places."""
    torch.testing.assert_close(one, other, equal_nan=True, atol=2 * STEP, rtol=0)
