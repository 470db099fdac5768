import pytest
import torch

from tests.signing import make_take
from trainer.augment import Augmentation, Batch, augment
from trainer.no_sign import spoil
from trainer.preprocess import POSE_POINTS, Preprocess
from trainer.recipe import RECIPES
from trainer.ways import Ways, add_ways

STILL = Augmentation(*([0.0] * len(Augmentation.__dataclass_fields__)))


def batch(count: int = 6) -> Batch:
    takes = [make_take(number) for number in range(count)]
    points = torch.stack([torch.from_numpy(take.points) for take in takes])
    times = torch.stack([torch.from_numpy(take.times).float() for take in takes])
    times[0, 18:] = torch.nan  # a shorter take, padded
    points[0, 18:] = torch.nan
    pose = points[:, :, 489:522][:, :, list(POSE_POINTS)]
    return pose, points[:, :, 468:489], points[:, :, 522:543], times


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_any_amount_nothing_changes_but_the_unit_of_time() -> None:
    before = batch()
    after = augment(before, STILL, generator())
    for one, other in zip(before[:3], after[:3], strict=True):
        torch.testing.assert_close(one, other, equal_nan=True, atol=1e-5, rtol=0)
    shorter = before[3][0] / before[3][0, 17]
    torch.testing.assert_close(after[3][0], shorter, equal_nan=True)


def test_the_same_seed_gives_the_same_batch_and_another_one_another() -> None:
    first, again, other = (augment(batch(), Augmentation(), generator(seed)) for seed in (1, 1, 2))
    torch.testing.assert_close(first[2], again[2], equal_nan=True)
    assert not torch.allclose(first[2].nan_to_num(), other[2].nan_to_num())


def test_time_still_runs_forwards() -> None:
    for seed in range(20):
        times = augment(batch(), Augmentation(), generator(seed))[3]
        for row in times:
            assert bool((row[~row.isnan()].diff() > 0).all())


def test_two_frames_are_left_at_least() -> None:
    for seed in range(50):
        times = augment(batch(), Augmentation(drop_frames=1.0, cut=0.5), generator(seed))[3]
        assert int((~times.isnan()).sum(1).min()) >= 2


def test_unseen_hands_stay_unseen() -> None:
    assert bool(augment(batch(), Augmentation(), generator())[1].isnan().all())


def test_some_takes_become_no_sign_and_the_others_stay_as_they_are() -> None:
    before = batch(64)
    after, spoilt = spoil(add_ways(before, Ways(chance=0.0, lap_seen=0.0), generator()), 0.5, generator(3))
    assert 16 < int(spoilt.sum()) < 48
    torch.testing.assert_close(after[2][~spoilt], before[2][~spoilt], equal_nan=True)
    changed = (after[2][spoilt].nan_to_num() - before[2][spoilt].nan_to_num()).abs().amax((1, 2, 3))
    assert bool((changed > 0.01).all())
    assert int((~after[3].isnan()).sum(1).min()) >= 2


def test_takes_are_changed_on_the_device_where_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    # Torch's device without memory refuses, as a GPU does, to calculate with what lies elsewhere.
    monkeypatch.setattr("trainer.no_sign._gathered", lambda batch: batch)  # needs the lengths of real takes
    pose, left, right, times = (part.to("meta") for part in batch(4))
    changed, spoilt = spoil(RECIPES["default"].vary((pose, left, right, times), generator()), 0.5, generator())
    assert {part.device.type for part in (*changed, spoilt)} == {"meta"}
    assert {part.device.type for part in Preprocess(8).to("meta").features(*changed)} == {"meta"}
