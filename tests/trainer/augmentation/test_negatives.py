import numpy as np
import torch

from landmarkers.layout import WRIST
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
from trainer.augmentation.negatives import make_negatives
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transitions import TransitionConfig, add_transitions
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def with_negatives(batch: RawBatch, transitions: TransitionConfig, fraction: float) -> tuple[Batch, AugmentationParams]:
    params, stats = AugmentationParams.identity(batch), TakeStats.of(batch)
    add_transitions(batch, params, stats, transitions, make_random())
    make_negatives(batch, params, stats, fraction, make_random(3))
    return apply_params(batch, params), params


def test_some_takes_become_negatives_and_the_others_stay_unchanged() -> None:
    batch = to_raw_batch(make_takes(64))
    before, (after, params) = apply_nothing(batch), with_negatives(batch, NO_TRANSITIONS, 0.5)
    is_negative = torch.from_numpy(params.is_negative)
    assert 16 < int(is_negative.sum()) < 48
    for plain, augmented in zip(before, after, strict=True):
        assert_close(augmented[~is_negative], plain[~is_negative])
    change = (after.hands[is_negative].nan_to_num() - before.hands[is_negative].nan_to_num()).abs().amax((1, 2, 3, 4))
    assert bool((change > 0.01).all())
    assert int((~after.times.isnan()).sum(1).min()) >= 2


def test_fraction_zero_gives_no_negatives() -> None:
    assert not with_negatives(to_raw_batch(make_takes(64)), TransitionConfig(), 0.0)[1].is_negative.any()


def test_transition_alone_is_a_negative() -> None:
    transitions = TransitionConfig(probability=1.0, rest_hands_visible=1.0)
    after, params = with_negatives(to_raw_batch(make_takes(64)), transitions, 1.0)
    assert params.is_negative.all()
    frames = (~after.times.isnan()).sum(1)
    assert int(frames.min()) >= 2
    assert int((frames <= TRANSITION_FRAMES).sum()) > 16


def test_end_of_one_sign_joined_to_the_beginning_of_another_is_a_negative() -> None:
    batch = to_raw_batch(make_takes(64))
    plain, (after, params) = apply_nothing(batch).hands[:, 1], with_negatives(batch, NO_TRANSITIONS, 1.0)
    joined = 0
    for take, length in enumerate(batch.lengths):
        own_count = -(-length // 3)
        other = int(params.takes[take, own_count])
        if other != take and params.hands.motion_scale[other, 1] == 1.0:  # the neighbour is not at rest itself
            joined += 1
            other_count, last = -(-batch.lengths[other] // 3), TRANSITION_FRAMES + length
            joined_hand = after.hands[take, 1]
            assert_close(joined_hand[:own_count], plain[take, last - own_count : last])
            assert_close(
                joined_hand[own_count : own_count + other_count],
                plain[other, TRANSITION_FRAMES : TRANSITION_FRAMES + other_count],
            )
            assert int((~after.times[take].isnan()).sum()) == own_count + other_count
    assert joined > 24


def test_hands_resting_in_the_rest_pose_are_a_negative() -> None:
    batch = to_raw_batch(make_takes(200))
    after, params = with_negatives(batch, NO_TRANSITIONS, 1.0)
    resting = np.flatnonzero(params.hands.motion_scale[:, 1] < 1.0)
    assert 20 < len(resting) < 60
    wrist = recorded_frames(after.hands)[resting, 1, :18, WRIST]
    assert float(wrist[..., 1].min()) > 0.5 + 0.9 * 0.36  # y points down; the shoulders are at 0.5, 0.36 apart
    assert float((wrist.amax(1) - wrist.amin(1)).max()) < 0.04  # of 0.3 that the hand moves in the sign
