from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarkers.layout import PART_SLICES, WRIST, Part
from landmarkers.take import Take
from tests.trainer.raw_batches import (
    NO_TRANSITIONS,
    apply_nothing,
    apply_params,
    assert_close,
    make_random,
    make_takes,
    recorded_frames,
    to_raw_batch,
)
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transitions import TransitionConfig, add_transitions
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import FeatureExtractor

ALWAYS_FROM_REST = TransitionConfig(probability=1.0, from_rest_pose=1.0, rest_hands_visible=1.0, idle_hand_visible=1.0)


def with_transitions(batch: RawBatch, config: TransitionConfig) -> Batch:
    params = AugmentationParams.identity(batch)
    add_transitions(batch, params, TakeStats.of(batch), config, make_random())
    return apply_params(batch, params)


def test_sign_stays_unchanged_between_its_transitions() -> None:
    batch = to_raw_batch(make_takes(16))
    before, after = apply_nothing(batch), with_transitions(batch, TransitionConfig(idle_hand_visible=0.0))
    for plain, augmented in zip(before, after, strict=True):
        assert_close(recorded_frames(augmented), recorded_frames(plain))


def test_zero_probabilities_change_nothing() -> None:
    batch = to_raw_batch(make_takes(16))
    for plain, augmented in zip(apply_nothing(batch), with_transitions(batch, NO_TRANSITIONS), strict=True):
        assert_close(augmented, plain)


def test_time_increases_throughout_and_transitions_are_short() -> None:
    batch = to_raw_batch(make_takes(32))
    has_transition = []
    for padded, length in zip(with_transitions(batch, ALWAYS_FROM_REST).times, batch.lengths, strict=True):
        times, sign_times = padded[~padded.isnan()], recorded_frames(padded[None])[0, :length]
        assert bool((times.diff() > 0).all())
        assert sign_times[0] - times[0] <= ALWAYS_FROM_REST.max_duration_s
        assert times[-1] - sign_times[-1] <= ALWAYS_FROM_REST.max_duration_s
        has_transition.append(len(times) > length)
    assert sum(has_transition) > 24


def test_hand_rises_from_the_rest_pose() -> None:
    augmented = with_transitions(to_raw_batch(make_takes(32)), ALWAYS_FROM_REST)
    rising = 0
    for hand, times in zip(augmented.hands[:, 1], augmented.times, strict=True):
        height = hand[~times.isnan(), WRIST, 1]  # y points down
        count = int((~times[:TRANSITION_FRAMES].isnan()).sum())
        if count > 1:
            assert bool((height[: count + 1].diff() < 0).all())
            rising += 1
    assert rising > 10


def test_transition_between_signs_leads_to_the_other_end_of_another_take() -> None:
    batch = to_raw_batch(make_takes(16))
    config = TransitionConfig(probability=1.0, from_rest_pose=0.0, rest_hands_visible=0.0, idle_hand_dropout=0.0)
    params, stats = AugmentationParams.identity(batch), TakeStats.of(batch)
    add_transitions(batch, params, stats, config, make_random())
    plain = apply_nothing(batch).hands[:, 1]
    first_frames = [plain[number, TRANSITION_FRAMES] for number in range(16)]
    for take in range(16):
        stop = torch.from_numpy(params.hands.stop[take, 1, 1])
        # All signers of these takes are at the same position.
        assert min(float((stop - first).abs().max()) for first in first_frames) < 1e-3


def test_idle_hand_may_be_visible() -> None:
    batch = to_raw_batch(make_takes(32))
    visible = with_transitions(batch, ALWAYS_FROM_REST)
    hidden = with_transitions(batch, TransitionConfig(rest_hands_visible=0.0))
    assert bool((~recorded_frames(visible.hands)[:, 0, 2, WRIST, 0].isnan()).all())
    assert bool(recorded_frames(hidden.hands)[:, 0, 2, WRIST, 0].isnan().all())


def test_hand_in_the_rest_pose_is_static_and_at_the_wrist_of_the_body() -> None:
    augmented = with_transitions(to_raw_batch(make_takes(16)), ALWAYS_FROM_REST)
    hand = recorded_frames(augmented.hands)[1:, 0]
    assert_close(hand, hand[:, :1].expand_as(hand))
    assert_close(hand[:, :, WRIST, :2], recorded_frames(augmented.pose)[1:, :, 9, :2])


def test_features_of_takes_with_transitions_are_finite() -> None:
    augmented = with_transitions(to_raw_batch(make_takes(32)), TransitionConfig())
    for features in FeatureExtractor(16).from_parts(*augmented.parts()):
        assert bool(features.isfinite().all())


@pytest.mark.parametrize("dropout", [0.0, 1.0])
def test_idle_hand_recorded_in_view_is_removed_with_the_given_probability_and_a_signing_hand_never(
    dropout: float,
) -> None:
    batch = to_raw_batch([add_idle_hand(take) for take in make_takes(16)])
    before = apply_nothing(batch)
    after = with_transitions(batch, TransitionConfig(idle_hand_dropout=dropout, rest_hands_visible=0.0))
    assert_close(recorded_frames(after.hands)[:, 1], recorded_frames(before.hands)[:, 1])
    if dropout:
        assert bool(recorded_frames(after.hands)[:, 0].isnan().all())
    else:
        assert_close(recorded_frames(after.hands)[:, 0], recorded_frames(before.hands)[:, 0])


def add_idle_hand(take: Take) -> Take:
    """Return the take with the left hand in the lap, 0.4 below the shoulders."""
    points = take.points.copy()
    right = points[:1, PART_SLICES[Part.RIGHT_HAND]]
    points[:, PART_SLICES[Part.LEFT_HAND]] = right - right[:, :1] + np.array([0.6, 0.9, 0.0], np.float32)
    return replace(take, points=points)
