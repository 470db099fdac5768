from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from tests.synthetic_takes import make_take
from tests.trainer.raw_batches import make_random, make_takes, to_raw_batch
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.apply_torch import apply_torch
from trainer.augmentation.config import AugmentationConfig
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.pipeline import sample_params
from trainer.augmentation.transforms import TransformConfig
from trainer.augmentation.transitions import TransitionConfig


def make_varied_takes() -> list[Take]:
    """Return takes with left hands, right hands, both, some hidden for a while, and one without a body."""
    takes = [*make_takes(24), *(make_take(number, left_handed=True) for number in range(24))]
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
    batch = to_raw_batch(make_varied_takes())
    config = AugmentationConfig(transitions=transitions, negative_fraction=0.5)
    for seed in range(5):
        params = sample_params(batch, config, make_random(seed))
        by_numba = apply_numba(batch, params, 0.0, make_random())
        by_torch = apply_torch(batch, params, 0.0, torch.Generator())
        for actual, expected in zip(by_numba, by_torch, strict=True):
            torch.testing.assert_close(actual, expected, equal_nan=True, atol=1e-5, rtol=1e-5)


def test_both_add_the_given_amount_of_noise() -> None:
    batch = to_raw_batch(make_takes())
    plain = apply_numba(batch, AugmentationParams.identity(batch), 0.0, make_random())
    for noisy in (
        apply_numba(batch, AugmentationParams.identity(batch), 0.1, make_random()),
        apply_torch(batch, AugmentationParams.identity(batch), 0.1, torch.Generator().manual_seed(1)),
    ):
        for actual, expected in zip(noisy[:2], plain[:2], strict=True):
            noise = (actual - expected)[~expected.isnan()]
            assert 0.09 < float(noise.std()) < 0.11


def test_missing_depth_leaves_the_other_coordinates_of_the_body_known() -> None:
    takes = make_takes()
    for number, take in enumerate(takes):
        points = take.points.copy()
        points[:, PART_SLICES[Part.POSE], 2] = np.nan
        takes[number] = replace(take, points=points)
    batch = to_raw_batch(takes)
    config = AugmentationConfig(transforms=TransformConfig(pose_dropout=0.0), negative_fraction=0.0)
    params = sample_params(batch, config, make_random())
    for augmented in (
        apply_numba(batch, params, 0.0, make_random()),
        apply_torch(batch, params, 0.0, torch.Generator()),
    ):
        pose = augmented.pose[~augmented.times.isnan()]
        assert bool(pose[:, :5, :2].isfinite().all())
        assert bool(pose[:, :5, 2].isnan().all())
