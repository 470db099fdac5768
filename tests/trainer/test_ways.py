import torch

from landmarkers.layout import WRIST
from tests.trainer.test_augment import batch, copied, generator
from trainer.no_sign import spoil
from trainer.preprocess import Preprocess
from trainer.ways import SLOTS, Ways, add_ways

ALWAYS = Ways(chance=1.0, from_rest=1.0, lap_seen=1.0, kept=1.0)


def test_the_sign_itself_stays_as_it_is_between_its_ways() -> None:
    before = batch(16)
    pose, left, right, times = add_ways(copied(before), Ways(kept=0.0), generator())
    own = slice(SLOTS, SLOTS + before[3].shape[1])
    for one, other in zip((pose, left, right, times), before, strict=True):
        torch.testing.assert_close(one[:, own], other, equal_nan=True)


def test_time_runs_forwards_from_way_to_sign_to_way_and_ways_are_short() -> None:
    before = batch(32)
    times = add_ways(copied(before), ALWAYS, generator())[3]
    longer = []
    for row, own in zip(times, before[3], strict=True):
        seen, kept = row[~row.isnan()], own[~own.isnan()]
        assert bool((seen.diff() > 0).all())
        assert kept[0] - seen[0] <= ALWAYS.longest_s
        assert seen[-1] - kept[-1] <= ALWAYS.longest_s
        longer.append(len(seen) > len(kept))
    assert sum(longer) > 24


def test_a_hand_rises_from_the_lap_and_sinks_into_it() -> None:
    before = batch(32)
    _, _, right, times = add_ways(copied(before), ALWAYS, generator())
    for hand, row in zip(right, times, strict=True):
        height = hand[~row.isnan(), WRIST, 1]  # y grows downwards
        shown = int((~row[:SLOTS].isnan()).sum())
        if shown > 1:
            assert bool((height[: shown + 1].diff() < 0).all())


def test_a_hand_that_takes_no_part_may_lie_in_view() -> None:
    seen = ~add_ways(batch(32), ALWAYS, generator())[1][:, SLOTS + 2, WRIST, 0].isnan()
    unseen = add_ways(batch(32), Ways(lap_seen=0.0), generator())[1][:, SLOTS + 2, WRIST, 0].isnan()
    assert bool(seen.all())
    assert bool(unseen.all())


def test_features_of_takes_with_ways_are_numbers() -> None:
    for features in Preprocess(16).features(*add_ways(batch(32), Ways(), generator())):
        assert bool(features.isfinite().all())


def test_a_way_alone_is_no_sign() -> None:
    with_ways = add_ways(batch(64), ALWAYS, generator())
    changed, spoilt = spoil(with_ways, 1.0, generator(1))
    assert bool(spoilt.all())
    frames = (~changed[3].isnan()).sum(1)
    assert int(frames.min()) >= 2
    assert int((frames <= SLOTS).sum()) > 16


def test_an_idle_hand_that_was_recorded_in_view_may_go_out_of_it_and_a_signing_one_may_not() -> None:
    pose, _, right, times = batch(16)
    idle = right[:, :1] - right[:, :1, :1] + torch.tensor([0.6, 0.9, 0.0])  # in the lap, 0.4 below the shoulders
    both = (pose, idle.repeat(1, right.shape[1], 1, 1), right, times)
    own = slice(SLOTS, SLOTS + times.shape[1])
    _, left_lost, right_kept, _ = add_ways(copied(both), Ways(lost=1.0, lap_seen=0.0), generator())
    assert bool(left_lost[:, own].isnan().all())
    torch.testing.assert_close(right_kept[:, own], right, equal_nan=True)
    torch.testing.assert_close(add_ways(copied(both), Ways(lost=0.0), generator())[1][:, own], both[1], equal_nan=True)
