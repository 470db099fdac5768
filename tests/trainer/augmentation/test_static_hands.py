from dataclasses import replace

import torch

from landmarkers.layout import LEFT_ELBOW, LEFT_WRIST, NOSE, RIGHT_ELBOW, RIGHT_WRIST
from landmarkers.take import Take
from tests.trainer.raw_batches import (
    apply_nothing,
    apply_params,
    assert_close,
    make_random,
    make_takes,
    recorded_frames,
    to_raw_batch,
)
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.static_hands import StaticHandConfig, perturb_static_hands
from trainer.augmentation.take_stats import TakeStats
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import POSE_POINTS

WRISTS = [POSE_POINTS.index(LEFT_WRIST), POSE_POINTS.index(RIGHT_WRIST)]
ELBOWS = [POSE_POINTS.index(LEFT_ELBOW), POSE_POINTS.index(RIGHT_ELBOW)]
HEAD = POSE_POINTS.index(NOSE)


def make_static_takes() -> list[Take]:
    """Return takes that repeat their first frame."""
    return [replace(take, points=take.points[:1].repeat(len(take), 0)) for take in make_takes()]


def perturb(batch: RawBatch, config: StaticHandConfig) -> Batch:
    params = AugmentationParams.identity(batch)
    perturb_static_hands(params, TakeStats.of(batch), config, make_random())
    return apply_params(batch, params)


def test_static_hand_is_shifted_with_its_arm_and_the_head_stays() -> None:
    batch = to_raw_batch(make_static_takes())
    perturbed = perturb(batch, StaticHandConfig(shift_probability=1.0, max_tilt=0.0))
    before, after = (recorded_frames(augmented.pose)[:, 0] for augmented in (apply_nothing(batch), perturbed))
    hands_before, hands_after = (
        recorded_frames(augmented.hands)[:, 1, 0] for augmented in (apply_nothing(batch), perturbed)
    )
    shift = (hands_after - hands_before)[:, 0]
    assert bool((shift[:, :2].abs().amax(1) > 0.005).all())
    assert_close(after[:, WRISTS] - before[:, WRISTS], shift[:, None].repeat(1, 2, 1))
    assert_close(after[:, ELBOWS] - before[:, ELBOWS], shift[:, None].repeat(1, 2, 1) / 2)
    assert_close(after[:, HEAD], before[:, HEAD])
    assert_close(hands_after - hands_after[:, :1], hands_before - hands_before[:, :1])


def test_tilted_hand_keeps_its_wrist_and_its_size() -> None:
    batch = to_raw_batch(make_static_takes())
    perturbed = perturb(batch, StaticHandConfig(shift_probability=0.0))
    before, after = (recorded_frames(augmented.hands)[:, 1] for augmented in (apply_nothing(batch), perturbed))
    assert_close(after[:, :, 0], before[:, :, 0])
    sizes = [(hand - hand[:, :, :1])[..., :2].norm(dim=-1) for hand in (before, after)]
    assert_close(sizes[0], sizes[1])
    assert float((after - before).abs().nan_to_num().amax()) > 0.005


def test_moving_hands_stay_unchanged() -> None:
    batch = to_raw_batch(make_takes())  # their hand goes up by 0.8 shoulder widths
    before, after = apply_nothing(batch), perturb(batch, StaticHandConfig(shift_probability=1.0))
    for plain, perturbed in zip(before, after, strict=True):
        torch.testing.assert_close(perturbed, plain, equal_nan=True, atol=0, rtol=0)
