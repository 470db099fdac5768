import numpy as np
import torch

from landmarkers.layout import WRIST
from tests.trainer.sketches import NO_WAYS, as_recorded, assert_close, dice, drawn, own, people, recorded
from trainer.augmentation.negatives import make_negatives
from trainer.augmentation.params import SLOTS, AugmentationParams
from trainer.augmentation.take_stats import TakeStats
from trainer.augmentation.transitions import TransitionConfig, add_transitions
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def spoilt(takes: RawBatch, ways: TransitionConfig, share: float) -> tuple[Batch, AugmentationParams]:
    sketch, traits = AugmentationParams.of(takes), TakeStats.of(takes)
    add_transitions(takes, sketch, traits, ways, dice())
    make_negatives(takes, sketch, traits, share, dice(3))
    return drawn(takes, sketch), sketch


def test_some_takes_become_no_sign_and_the_others_stay_as_they_are() -> None:
    takes = recorded(people(64))
    before, (after, sketch) = as_recorded(takes), spoilt(takes, NO_WAYS, 0.5)
    is_spoilt = torch.from_numpy(sketch.is_negative)
    assert 16 < int(is_spoilt.sum()) < 48
    for one, other in zip(before, after, strict=True):
        assert_close(one[~is_spoilt], other[~is_spoilt])
    changed = (after.hands[is_spoilt].nan_to_num() - before.hands[is_spoilt].nan_to_num()).abs().amax((1, 2, 3, 4))
    assert bool((changed > 0.01).all())
    assert int((~after.times.isnan()).sum(1).min()) >= 2


def test_none_becomes_no_sign_where_none_shall() -> None:
    assert not spoilt(recorded(people(64)), TransitionConfig(), 0.0)[1].is_negative.any()


def test_a_way_alone_is_no_sign() -> None:
    after, sketch = spoilt(recorded(people(64)), TransitionConfig(probability=1.0, rest_hands_visible=1.0), 1.0)
    assert sketch.is_negative.all()
    frames = (~after.times.isnan()).sum(1)
    assert int(frames.min()) >= 2
    assert int((frames <= SLOTS).sum()) > 16


def test_the_end_of_a_sign_joined_to_the_beginning_of_the_next_is_no_sign() -> None:
    takes = recorded(people(64))
    plain, (after, sketch) = as_recorded(takes).hands[:, 1], spoilt(takes, NO_WAYS, 1.0)
    joined = 0
    for take, length in enumerate(takes.lengths):
        kept = -(-length // 3)
        other = int(sketch.takes[take, kept])
        if other != take and sketch.hands.sway[other, 1] == 1.0:  # another one, which is not at rest itself
            joined += 1
            begun, last = -(-takes.lengths[other] // 3), SLOTS + length
            assert_close(after.hands[take, 1, :kept], plain[take, last - kept : last])
            assert_close(after.hands[take, 1, kept : kept + begun], plain[other, SLOTS : SLOTS + begun])
            assert int((~after.times[take].isnan()).sum()) == kept + begun
    assert joined > 24


def test_hands_that_rest_in_the_lap_are_no_sign() -> None:
    takes = recorded(people(200))
    after, sketch = spoilt(takes, NO_WAYS, 1.0)
    resting = np.flatnonzero(sketch.hands.sway[:, 1] < 1.0)
    assert 20 < len(resting) < 60
    wrist = own(after.hands)[resting, 1, :18, WRIST]
    assert float(wrist[..., 1].min()) > 0.5 + 0.9 * 0.36  # y grows downwards; the shoulders are at 0.5, 0.36 apart
    assert float((wrist.amax(1) - wrist.amin(1)).max()) < 0.04  # of 0.3 that the hand moves in the sign
