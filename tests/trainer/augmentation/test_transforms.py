import numpy as np
import torch

from tests.trainer.raw_batches import (
    NO_TRANSFORMS,
    apply_nothing,
    apply_params,
    assert_close,
    make_random,
    make_takes,
    recorded_frames,
    to_raw_batch,
)
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.transforms import TransformConfig, sample_transforms
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def transform(batch: RawBatch, config: TransformConfig, seed: int = 0) -> Batch:
    params = AugmentationParams.identity(batch)
    sample_transforms(params, config, make_random(seed))
    return apply_params(batch, params)


def test_zero_amounts_change_only_the_unit_of_time() -> None:
    batch = to_raw_batch(make_takes())
    before, after = apply_nothing(batch), transform(batch, NO_TRANSFORMS)
    assert_close(after.pose, before.pose)
    assert_close(after.hands, before.hands)
    expected = recorded_frames(before.times)[0] / batch.times[17]
    torch.testing.assert_close(recorded_frames(after.times)[0], expected, equal_nan=True)


def test_result_depends_on_the_seed_alone() -> None:
    batch = to_raw_batch(make_takes())
    first, again, other = (transform(batch, TransformConfig(), seed).hands for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, equal_nan=True, atol=0, rtol=0)
    assert not torch.allclose(first.nan_to_num(), other.nan_to_num())


def test_scale_and_position_of_hands_change_within_bounds() -> None:
    batch = to_raw_batch(make_takes(64))
    config = NO_TRANSFORMS._replace(hand_rotation=0.35, hand_scale=0.15, hand_translation=0.025)
    before, after = (
        recorded_frames(augmented.hands)[:, 1, :18] for augmented in (apply_nothing(batch), transform(batch, config))
    )
    sizes = [(hand - hand[:, :, :1]).norm(dim=-1)[:, :, 1:] for hand in (before, after)]
    ratio = (sizes[1] / sizes[0]).mean((1, 2))
    torch.testing.assert_close(sizes[1], sizes[0] * ratio[:, None, None], atol=1e-3, rtol=0)  # rotated as a whole
    assert float(ratio.min()) > 0.84
    assert float(ratio.max()) < 1.16
    assert float(ratio.max() - ratio.min()) > 0.2
    translation = (after - before)[:, :, 0].mean(1)
    assert 0.015 < float(translation.std()) < 0.035


def test_warped_time_still_increases() -> None:
    batch = to_raw_batch(make_takes())
    for seed in range(20):
        for times in transform(batch, TransformConfig(), seed).times:
            assert bool((times[~times.isnan()].diff() > 0).all())


def test_at_least_two_frames_remain_and_half_are_dropped_where_possible() -> None:
    batch = to_raw_batch(make_takes())
    for seed in range(50):
        times = transform(batch, TransformConfig(frame_dropout=1.0, temporal_crop=0.5), seed).times
        assert int((~times.isnan()).sum(1).min()) >= 2
    config = NO_TRANSFORMS._replace(frame_dropout=1.0)
    remaining = [(~transform(batch, config, seed).times.isnan()).sum() for seed in range(50)]
    assert 0.4 < float(np.mean(remaining)) / sum(batch.lengths) < 0.65  # where too few would remain, all do


def test_missing_hands_stay_missing() -> None:
    assert bool(transform(to_raw_batch(make_takes()), TransformConfig()).hands[:, 0].isnan().all())


def test_hands_and_bodies_are_dropped_with_the_given_probability() -> None:
    batch = to_raw_batch(make_takes(200))
    after = transform(batch, NO_TRANSFORMS._replace(hand_dropout=0.5, hand_dropout_length=1.0, pose_dropout=0.25))
    without_hand = (recorded_frames(after.hands)[:, 1, :18, 0, 0].isnan().any(1)).float().mean()
    without_pose = after.pose.isnan().all(3).all(2).all(1).float().mean()
    assert 0.4 < float(without_hand) < 0.6
    assert 0.17 < float(without_pose) < 0.33


def test_noise_differs_between_takes_and_between_batches() -> None:
    batch = to_raw_batch(make_takes())
    random, plain = make_random(), apply_nothing(batch).hands[:, 1]
    noise = [apply_numba(batch, AugmentationParams.identity(batch), 1.0, random).hands[:, 1] - plain for _ in range(2)]
    is_visible = ~noise[0].isnan()
    assert 0.9 < float(noise[0][is_visible].std()) < 1.1
    first, second = noise[0][2:4].flatten(1)
    known = ~first.isnan()
    for other in (second, noise[1][2].flatten()):
        assert abs(float(torch.corrcoef(torch.stack([first[known], other[known]]))[0, 1])) < 0.1
