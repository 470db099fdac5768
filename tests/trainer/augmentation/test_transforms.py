import numpy as np
import torch

from tests.trainer.sketches import NO_AMOUNT, as_recorded, assert_close, dice, drawn, own, people, recorded
from trainer.augmentation.apply_numba import apply_numba
from trainer.augmentation.params import AugmentationParams
from trainer.augmentation.transforms import TransformConfig, augment
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def augmented(takes: RawBatch, by: TransformConfig, seed: int = 0) -> Batch:
    sketch = AugmentationParams.of(takes)
    augment(sketch, by, dice(seed))
    return drawn(takes, sketch)


def test_without_any_amount_nothing_changes_but_the_unit_of_time() -> None:
    takes = recorded(people())
    before, after = as_recorded(takes), augmented(takes, NO_AMOUNT)
    assert_close(before.pose, after.pose)
    assert_close(before.hands, after.hands)
    torch.testing.assert_close(own(after.times)[0], own(before.times)[0] / takes.times[17], equal_nan=True)


def test_the_same_seed_gives_the_same_batch_and_another_one_another() -> None:
    takes = recorded(people())
    first, again, other = (augmented(takes, TransformConfig(), seed).hands for seed in (1, 1, 2))
    torch.testing.assert_close(first, again, equal_nan=True, atol=0, rtol=0)
    assert not torch.allclose(first.nan_to_num(), other.nan_to_num())


def test_hands_change_their_size_and_place_no_more_than_they_may() -> None:
    takes = recorded(people(64))
    by = NO_AMOUNT._replace(hand_rotation=0.35, hand_scale=0.15, hand_translation=0.025)
    before, after = (own(batch.hands)[:, 1, :18] for batch in (as_recorded(takes), augmented(takes, by)))
    sizes = [(hand - hand[:, :, :1]).norm(dim=-1)[:, :, 1:] for hand in (before, after)]
    ratio = (sizes[1] / sizes[0]).mean((1, 2))
    torch.testing.assert_close(sizes[1], sizes[0] * ratio[:, None, None], atol=1e-3, rtol=0)  # turned as a whole
    assert float(ratio.min()) > 0.84
    assert float(ratio.max()) < 1.16
    assert float(ratio.max() - ratio.min()) > 0.2
    aside = (after - before)[:, :, 0].mean(1)
    assert 0.015 < float(aside.std()) < 0.035


def test_time_still_runs_forwards() -> None:
    takes = recorded(people())
    for seed in range(20):
        for row in augmented(takes, TransformConfig(), seed).times:
            assert bool((row[~row.isnan()].diff() > 0).all())


def test_two_frames_are_left_at_least_and_half_are_lost_where_that_may_be() -> None:
    takes = recorded(people())
    for seed in range(50):
        times = augmented(takes, TransformConfig(frame_dropout=1.0, temporal_crop=0.5), seed).times
        assert int((~times.isnan()).sum(1).min()) >= 2
    shown = [(~augmented(takes, NO_AMOUNT._replace(frame_dropout=1.0), seed).times.isnan()).sum() for seed in range(50)]
    assert 0.4 < float(np.mean(shown)) / sum(takes.lengths) < 0.65  # too few to stay: all stay


def test_unseen_hands_stay_unseen() -> None:
    assert bool(augmented(recorded(people()), TransformConfig()).hands[:, 0].isnan().all())


def test_hidden_hands_and_lost_bodies_are_unseen_as_often_as_asked() -> None:
    takes = recorded(people(200))
    by = NO_AMOUNT._replace(hand_dropout=0.5, hand_dropout_length=1.0, pose_dropout=0.25)
    after = augmented(takes, by)
    hidden = (own(after.hands)[:, 1, :18, 0, 0].isnan().any(1)).float().mean()
    lost = after.pose.isnan().all(3).all(2).all(1).float().mean()
    assert 0.4 < float(hidden) < 0.6
    assert 0.17 < float(lost) < 0.33


def test_every_take_has_noise_of_its_own_and_the_next_batch_another() -> None:
    takes = recorded(people())
    random, plain = dice(), as_recorded(takes).hands[:, 1]
    noise = [apply_numba(takes, AugmentationParams.of(takes), 1.0, random).hands[:, 1] - plain for _ in range(2)]
    shown = ~noise[0].isnan()
    assert 0.9 < float(noise[0][shown].std()) < 1.1
    first, second = noise[0][2:4].flatten(1)
    known = ~first.isnan()
    for other in (second, noise[1][2].flatten()):
        assert abs(float(torch.corrcoef(torch.stack([first[known], other[known]]))[0, 1])) < 0.1
