"""The features must not change with what does not matter, and must change with what does."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from tests.synthetic_takes import make_take, mirror
from trainer.model.features import FEATURE_COUNTS, MEAN_ABS_DEVIATION, POSITION_FEATURES, FeatureExtractor

STEPS = 32


def features(take: Take, padding: int = 0) -> list[Tensor]:
    points = np.concatenate([take.points, np.full((padding, 543, 3), np.nan, np.float32)])
    times = np.concatenate([take.times - take.times[0], np.full(padding, np.nan)]).astype(np.float32)
    return list(FeatureExtractor(STEPS)(torch.from_numpy(points)[None], torch.from_numpy(times)[None]))


def assert_alike(one: list[Tensor], other: list[Tensor], atol: float = 1e-4) -> None:
    for left, right in zip(one, other, strict=True):
        torch.testing.assert_close(left, right, atol=atol, rtol=1e-4)


def test_the_shapes_are_as_said() -> None:
    shapes = [tuple(part.shape) for part in features(make_take())]
    assert shapes == [(1, STEPS, count) for count in FEATURE_COUNTS.values()]


def test_the_left_hand_says_the_same_as_the_right() -> None:
    take = make_take(4)
    assert_alike(features(take), features(mirror(take)))


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_distance_and_place_do_not_matter(scale: float) -> None:
    take = make_take(2)
    moved = Take(take.points * np.float32(scale) + np.float32(0.1), take.times, take.provenance)
    assert_alike(features(take), features(moved), atol=2e-3)


def test_how_far_a_hand_is_from_its_mean_place_is_told_in_shoulder_widths() -> None:
    spread = features(make_take())[1][
        0, :, MEAN_ABS_DEVIATION
    ]  # up by 0.3 and aside by 0.1, evenly; the shoulders are 0.36 apart
    assert torch.allclose(spread, torch.tensor([0.1, 0.3]) / 4 / 0.36, atol=0.005)


def test_a_turned_hand_is_the_same_along_the_axes_of_its_palm() -> None:
    take = make_take(2)
    points = take.points.copy()
    hand = points[:, PART_SLICES[Part.RIGHT_HAND]]
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0].astype(np.float32)
    turn *= np.sign(np.linalg.det(turn))
    points[:, PART_SLICES[Part.RIGHT_HAND]] = hand[:, :1] + (hand - hand[:, :1]) @ turn.T
    before, after = features(take)[1], features(Take(points, take.times, take.provenance))[1]
    palm = slice(63 + 60, 63 + 60 + 60)  # after the points and the bones
    torch.testing.assert_close(before[..., palm], after[..., palm], atol=1e-3, rtol=1e-3)
    assert float((before[..., :63] - after[..., :63]).abs().max()) > 0.5


def test_padding_does_not_matter() -> None:
    assert_alike(features(make_take()), features(make_take(), padding=7))


@pytest.mark.parametrize("rate", [10, 15, 60])
def test_the_frame_rate_hardly_matters(rate: int) -> None:
    dense, sparse = make_take(times=np.arange(0, 1.01, 1 / 30)), make_take(times=np.arange(0, 1.01, 1 / rate))
    for part, other in zip(features(dense), features(sparse), strict=True):
        # What is noise in one hand of the made-up signer stays; the way and the shape are the same.
        assert float((part - other).abs().median()) < 0.03


def test_a_gap_in_a_hand_is_bridged() -> None:
    take = make_take(3)
    points = take.points.copy()
    points[10:13, PART_SLICES[Part.RIGHT_HAND]] = np.nan
    whole, gap = features(take), features(Take(points, take.times, take.provenance))
    assert float((whole[1][..., :63] - gap[1][..., :63]).abs().max()) < 0.5
    assert float(gap[1][..., -1 - POSITION_FEATURES].min()) < 0.1  # that the hand was not seen is told before its place


def test_another_hand_shape_is_another_feature() -> None:
    assert float((features(make_take(1))[1] - features(make_take(2))[1]).abs().max()) > 0.5


@pytest.mark.parametrize("frames", [1, 2])
def test_takes_of_hardly_any_frames_and_of_nobody_give_numbers(frames: int) -> None:
    short = make_take(times=np.arange(frames) / 30)
    nobody = Take(np.full_like(short.points, np.nan), short.times, short.provenance)
    for take in (short, nobody):
        assert all(bool(torch.isfinite(part).all()) for part in features(take))
