"""The features must be invariant to everything but the sign itself."""

import numpy as np
import pytest
import torch
from torch import Tensor

from landmarkers.layout import PART_SLICES, Part
from landmarkers.take import Take
from tests.synthetic_takes import make_take, mirror
from trainer.model.features import DEVIATION, FEATURE_COUNTS, POSITION_FEATURES, FeatureExtractor

STEPS = 32


def features(take: Take, padding: int = 0) -> list[Tensor]:
    points = np.concatenate([take.points, np.full((padding, 543, 3), np.nan, np.float32)])
    times = np.concatenate([take.times - take.times[0], np.full(padding, np.nan)]).astype(np.float32)
    return list(FeatureExtractor(STEPS)(torch.from_numpy(points)[None], torch.from_numpy(times)[None]))


def assert_features_close(actual: list[Tensor], expected: list[Tensor], atol: float = 1e-4) -> None:
    for actual_part, expected_part in zip(actual, expected, strict=True):
        torch.testing.assert_close(actual_part, expected_part, atol=atol, rtol=1e-4)


def test_feature_shapes_match_the_declared_counts() -> None:
    shapes = [tuple(part.shape) for part in features(make_take())]
    assert shapes == [(1, STEPS, count) for count in FEATURE_COUNTS.values()]


def test_mirrored_take_has_the_same_features() -> None:
    take = make_take(4)
    assert_features_close(features(take), features(mirror(take)))


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_features_do_not_depend_on_distance_and_position(scale: float) -> None:
    take = make_take(2)
    moved = Take(take.points * np.float32(scale) + np.float32(0.1), take.times, take.provenance)
    assert_features_close(features(take), features(moved), atol=2e-3)


def test_deviation_is_in_shoulder_widths() -> None:
    # The hand moves up by 0.3 and sideways by 0.1 at constant speed; the shoulders are 0.36 apart.
    deviation = features(make_take())[1][0, :, DEVIATION].abs().mean(0)
    assert torch.allclose(deviation, torch.tensor([0.1, 0.3]) / 4 / 0.36, atol=0.005)


def test_rotated_hand_is_the_same_along_its_palm_axes() -> None:
    take = make_take(2)
    points = take.points.copy()
    hand = points[:, PART_SLICES[Part.RIGHT_HAND]]
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0].astype(np.float32)
    rotation *= np.sign(np.linalg.det(rotation))
    points[:, PART_SLICES[Part.RIGHT_HAND]] = hand[:, :1] + (hand - hand[:, :1]) @ rotation.T
    before, after = features(take)[1], features(Take(points, take.times, take.provenance))[1]
    palm = slice(63 + 60, 63 + 60 + 60)  # after the points and the bones
    torch.testing.assert_close(before[..., palm], after[..., palm], atol=1e-3, rtol=1e-3)
    assert float((before[..., :63] - after[..., :63]).abs().max()) > 0.5


def test_features_do_not_depend_on_padding() -> None:
    assert_features_close(features(make_take()), features(make_take(), padding=7))


@pytest.mark.parametrize("rate", [10, 15, 60])
def test_features_hardly_depend_on_the_frame_rate(rate: int) -> None:
    dense, sparse = make_take(times=np.arange(0, 1.01, 1 / 30)), make_take(times=np.arange(0, 1.01, 1 / rate))
    for dense_part, sparse_part in zip(features(dense), features(sparse), strict=True):
        # The noise of the synthetic hand remains; its trajectory and shape are the same.
        assert float((dense_part - sparse_part).abs().median()) < 0.03


def test_gap_in_a_hand_is_interpolated() -> None:
    take = make_take(3)
    points = take.points.copy()
    points[10:13, PART_SLICES[Part.RIGHT_HAND]] = np.nan
    whole, gap = features(take), features(Take(points, take.times, take.provenance))
    assert float((whole[1][..., :63] - gap[1][..., :63]).abs().max()) < 0.5
    assert float(gap[1][..., -1 - POSITION_FEATURES].min()) < 0.1  # the visibility feature comes before the position


def test_different_handshapes_have_different_features() -> None:
    assert float((features(make_take(1))[1] - features(make_take(2))[1]).abs().max()) > 0.5


@pytest.mark.parametrize("frames", [1, 2])
def test_very_short_and_empty_takes_have_finite_features(frames: int) -> None:
    short = make_take(times=np.arange(frames) / 30)
    empty = Take(np.full_like(short.points, np.nan), short.times, short.provenance)
    for take in (short, empty):
        assert all(bool(torch.isfinite(part).all()) for part in features(take))


def test_place_on_the_face_is_measured_in_sizes_of_the_face() -> None:
    take, size = make_take(2), np.float32(1.5)
    first = PART_SLICES[Part.POSE].start
    eyes_and_mouth = first + np.array([2, 5, 9, 10])
    nose = take.points[:, first : first + 1]
    face = np.array([[0.03, -0.04, 0], [-0.03, -0.04, 0], [0.02, 0.04, 0], [-0.02, 0.04, 0]], np.float32)
    take.points[:, eyes_and_mouth] = nose + face
    moved = [*eyes_and_mouth, *range(*PART_SLICES[Part.RIGHT_HAND].indices(543))]
    points = take.points.copy()
    points[:, moved] = nose + (points[:, moved] - nose) * size  # a larger head, with the hand at the same place on it
    places = features(Take(points, take.times, take.provenance))[1][..., -30:]
    torch.testing.assert_close(places, features(take)[1][..., -30:], atol=1e-3, rtol=1e-3)


def test_body_features_do_not_tell_the_shape_of_a_face() -> None:
    take = make_take(2)
    points = take.points.copy()
    points[:, PART_SLICES[Part.POSE].start + np.array([2, 5, 9, 10])] += np.float32(0.02)
    changed = features(Take(points, take.times, take.provenance))
    torch.testing.assert_close(changed[0], features(take)[0])
