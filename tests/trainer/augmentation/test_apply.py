from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from tests.synthetic_takes import make_take
from tests.trainer.sketches import dice, people, recorded
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.apply_torch import apply_torch
from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.pipeline import augment_takes
from trainer.augmentation.transforms import TransformConfig
from trainer.augmentation.transitions import TransitionConfig


def many_people() -> list[Take]:
    """With left hands and right ones, both, some hidden for a while, and one signer nobody sees."""
    takes = [*people(24), *(make_take(number, left_handed=True) for number in range(24))]
    for number in range(8):
        points = takes[number].points.copy()
        points[:, PART_SLICES[Part.LEFT_HAND]] = takes[24].points[: len(points), PART_SLICES[Part.LEFT_HAND]]
        points[5:9, PART_SLICES[Part.RIGHT_HAND]] = np.nan
        takes[number] = replace(takes[number], points=points)
    points = takes[9].points.copy()
    points[:, PART_SLICES[Part.POSE]] = np.nan
    takes[9] = replace(takes[9], points=points)
    return takes


@pytest.mark.parametrize(
    "transitions",
    [
        TransitionConfig(),
        TransitionConfig(probability=1.0, from_rest_pose=0.0),
        TransitionConfig(probability=1.0, from_rest_pose=1.0, idle_hand_visible=1.0),
    ],
)
def test_numba_and_torch_give_the_same_points(transitions: TransitionConfig) -> None:
    takes = recorded(many_people())
    for seed in range(5):
        sketch = augment_takes(takes, AugmentationConfig(transitions=transitions, negative_fraction=0.5), dice(seed))
        by_loops = apply_numba(takes, sketch, 0.0, dice())
        by_torch = apply_torch(takes, sketch, 0.0, torch.Generator())
        for one, other in zip(by_loops, by_torch, strict=True):
            torch.testing.assert_close(one, other, equal_nan=True, atol=1e-5, rtol=1e-5)


def test_both_draw_as_much_noise_as_is_asked_for() -> None:
    takes = recorded(people())
    plain = apply_numba(takes, AugmentationParams.of(takes), 0.0, dice())
    for noisy in (
        apply_numba(takes, AugmentationParams.of(takes), 0.1, dice()),
        apply_torch(takes, AugmentationParams.of(takes), 0.1, torch.Generator().manual_seed(1)),
    ):
        for one, other in zip(noisy[:2], plain[:2], strict=True):
            noise = (one - other)[~other.isnan()]
            assert 0.09 < float(noise.std()) < 0.11


def test_depth_that_is_unknown_leaves_the_bodys_other_coordinates_known() -> None:
    takes = people()
    for number, take in enumerate(takes):
        points = take.points.copy()
        points[:, PART_SLICES[Part.POSE], 2] = np.nan
        takes[number] = replace(take, points=points)
    there = recorded(takes)
    config = AugmentationConfig(transforms=TransformConfig(pose_dropout=0.0), negative_fraction=0.0)
    sketch = augment_takes(there, config, dice())
    for batch in (apply_numba(there, sketch, 0.0, dice()), apply_torch(there, sketch, 0.0, torch.Generator())):
        shown = batch.pose[~batch.times.isnan()]
        assert bool(shown[:, :5, :2].isfinite().all())
        assert bool(shown[:, :5, 2].isnan().all())
