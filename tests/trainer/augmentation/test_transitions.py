from dataclasses import replace

import numpy as np
import pytest
import torch

from landmarkers.layout import PART_SLICES, WRIST, Part
from landmarkers.take import Take
from tests.trainer.sketches import NO_WAYS, as_recorded, assert_close, dice, drawn, own, people, recorded
from trainer.augmentation.params import SLOTS, AugmentationParams
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transitions import TransitionConfig, add_transitions
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch
from trainer.model.features import FeatureExtractor

ALWAYS = TransitionConfig(probability=1.0, from_rest_pose=1.0, rest_hands_visible=1.0, idle_hand_visible=1.0)


def with_ways(takes: RawBatch, ways: TransitionConfig) -> Batch:
    sketch = AugmentationParams.of(takes)
    add_transitions(takes, sketch, TakeStats.of(takes), ways, dice())
    return drawn(takes, sketch)


def test_the_sign_itself_stays_as_it_is_between_its_ways() -> None:
    takes = recorded(people(16))
    before, after = as_recorded(takes), with_ways(takes, TransitionConfig(idle_hand_visible=0.0))
    for one, other in zip(before, after, strict=True):
        assert_close(own(one), own(other))


def test_no_way_comes_where_none_is_asked_for() -> None:
    takes = recorded(people(16))
    for one, other in zip(as_recorded(takes), with_ways(takes, NO_WAYS), strict=True):
        assert_close(one, other)


def test_time_runs_forwards_from_way_to_sign_to_way_and_ways_are_short() -> None:
    takes = recorded(people(32))
    longer = []
    for row, length in zip(with_ways(takes, ALWAYS).times, takes.lengths, strict=True):
        seen, kept = row[~row.isnan()], own(row[None])[0, :length]
        assert bool((seen.diff() > 0).all())
        assert kept[0] - seen[0] <= ALWAYS.max_duration_s
        assert seen[-1] - kept[-1] <= ALWAYS.max_duration_s
        longer.append(len(seen) > length)
    assert sum(longer) > 24


def test_a_hand_rises_from_the_lap_and_sinks_into_it() -> None:
    batch = with_ways(recorded(people(32)), ALWAYS)
    rose = 0
    for hand, row in zip(batch.hands[:, 1], batch.times, strict=True):
        height = hand[~row.isnan(), WRIST, 1]  # y grows downwards
        shown = int((~row[:SLOTS].isnan()).sum())
        if shown > 1:
            assert bool((height[: shown + 1].diff() < 0).all())
            rose += 1
    assert rose > 10


def test_a_way_between_signs_leads_to_the_other_end_of_another_take() -> None:
    takes = recorded(people(16))
    way = TransitionConfig(probability=1.0, from_rest_pose=0.0, rest_hands_visible=0.0, idle_hand_dropout=0.0)
    sketch, traits = AugmentationParams.of(takes), TakeStats.of(takes)
    add_transitions(takes, sketch, traits, way, dice())
    plain = as_recorded(takes).hands[:, 1]
    firsts = [plain[number, SLOTS] for number in range(16)]
    for take in range(16):
        there = torch.from_numpy(sketch.hands.stop[take, 1, 1])
        assert min(float((there - first).abs().max()) for first in firsts) < 1e-3  # all stand in the same place


def test_a_hand_that_takes_no_part_may_lie_in_view() -> None:
    takes = recorded(people(32))
    seen = ~own(with_ways(takes, ALWAYS).hands)[:, 0, 2, WRIST, 0].isnan()
    unseen = own(with_ways(takes, TransitionConfig(rest_hands_visible=0.0)).hands)[:, 0, 2, WRIST, 0].isnan()
    assert bool(seen.all())
    assert bool(unseen.all())


def test_a_hand_in_the_lap_lies_still_with_its_wrist_where_the_body_has_it() -> None:
    batch = with_ways(recorded(people(16)), ALWAYS)
    hand = own(batch.hands)[1:, 0]
    assert_close(hand, hand[:, :1].expand_as(hand))
    assert_close(hand[:, :, WRIST, :2], own(batch.pose)[1:, :, 9, :2])


def test_features_of_takes_with_ways_are_numbers() -> None:
    for features in FeatureExtractor(16).from_parts(*with_ways(recorded(people(32)), TransitionConfig()).parts()):
        assert bool(features.isfinite().all())


@pytest.mark.parametrize("lost", [0.0, 1.0])
def test_an_idle_hand_that_was_recorded_in_view_may_go_out_of_it_and_a_signing_one_may_not(lost: float) -> None:
    takes = recorded([_with_an_idle_hand(take) for take in people(16)])
    before, after = (
        as_recorded(takes),
        with_ways(takes, TransitionConfig(idle_hand_dropout=lost, rest_hands_visible=0.0)),
    )
    assert_close(own(after.hands)[:, 1], own(before.hands)[:, 1])
    if lost:
        assert bool(own(after.hands)[:, 0].isnan().all())
    else:
        assert_close(own(after.hands)[:, 0], own(before.hands)[:, 0])


def _with_an_idle_hand(take: Take) -> Take:
    """The same with the left hand in the lap, 0.4 below the shoulders."""
    points = take.points.copy()
    right = points[:1, PART_SLICES[Part.RIGHT_HAND]]
    points[:, PART_SLICES[Part.LEFT_HAND]] = right - right[:, :1] + np.array([0.6, 0.9, 0.0], np.float32)
    return replace(take, points=points)
