from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from edge.monitoring.status import Obstacle
from edge.monitoring.visibility import VisibilityMonitor, find_obstacle
from landmarkers.frame import Frame, Image, Landmarks
from landmarkers.layout import LEFT_SHOULDER, PART_SLICES, RIGHT_SHOULDER, Part
from tests.synthetic_signer import signer

SIZE = 640
TILES = np.random.default_rng(1).integers(64, 192, (SIZE // 40, SIZE // 40, 3), np.uint8)
PICTURE: Image = cv2.resize(TILES, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST).astype(np.uint8)
NOBODY = Landmarks.empty(0.0)
HALF_SECONDS = [0.5 * number for number in range(40)]


def blurred(picture: Image, width: int) -> Image:
    return cv2.blur(picture, (width, width)).astype(np.uint8)


def noisy(picture: Image) -> Image:
    return (picture + np.random.default_rng(2).normal(0.0, 7.0, picture.shape)).clip(0, 255).astype(np.uint8)


def far(shoulder_width: float) -> Landmarks:
    """A signer whose shoulders are so wide, in pixels."""
    landmarks = signer(0.0, None)
    half = shoulder_width / SIZE / 2
    landmarks.points[PART_SLICES[Part.POSE]] = (0.5, 0.4, 0.0)
    landmarks.points[PART_SLICES[Part.POSE].start + LEFT_SHOULDER, 0] += half
    landmarks.points[PART_SLICES[Part.POSE].start + RIGHT_SHOULDER, 0] -= half
    return landmarks


@pytest.mark.parametrize("landmarks", [signer(0.0, None), far(60.0)])
def test_good_picture_has_no_obstacle(landmarks: Landmarks) -> None:
    assert find_obstacle(PICTURE, landmarks) is None
    assert find_obstacle(noisy(PICTURE // 4), landmarks) is None


@pytest.mark.parametrize("landmarks", [signer(0.0, None), NOBODY])
def test_dark_picture(landmarks: Landmarks) -> None:
    assert find_obstacle(noisy(PICTURE // 32), landmarks) is Obstacle.TOO_DARK


def test_signer_before_a_bright_window_is_too_dark() -> None:
    picture = np.full_like(PICTURE, 255)
    picture[:, SIZE // 4 : -SIZE // 4] = PICTURE[:, SIZE // 4 : -SIZE // 4] // 32
    assert find_obstacle(picture, signer(0.0, None)) is Obstacle.TOO_DARK
    assert find_obstacle(picture, NOBODY) is None


def test_small_signer_is_too_far() -> None:
    assert find_obstacle(PICTURE, far(45.0)) is Obstacle.TOO_FAR


def test_blurred_picture() -> None:
    assert find_obstacle(blurred(PICTURE, 3), signer(0.0, None)) is None
    assert find_obstacle(blurred(PICTURE, 31), signer(0.0, None)) is Obstacle.TOO_BLURRED


def test_nobody_in_view_is_neither_far_nor_blurred() -> None:
    assert find_obstacle(blurred(PICTURE, 31), NOBODY) is None


def test_frame_without_picture_has_no_obstacle() -> None:
    assert find_obstacle(np.zeros((0, 0, 3), np.uint8), signer(0.0, None)) is None


def test_body_outside_the_picture_is_examined_at_its_edge() -> None:
    landmarks = signer(0.0, None)
    landmarks.points[PART_SLICES[Part.POSE]] += 2.0
    assert find_obstacle(PICTURE, landmarks) is None


def reports(pictures: Iterable[tuple[float, Image]]) -> list[tuple[float, Obstacle | None]]:
    """Return what is reported, and when."""
    reported: list[tuple[float, Obstacle | None]] = []
    now = 0.0
    monitor = VisibilityMonitor(lambda obstacle: reported.append((now, obstacle)))
    for now, picture in pictures:
        monitor.observe(Frame(picture, now), NOBODY)
    return reported


def test_obstacle_is_reported_after_three_seconds_and_again_when_it_is_gone() -> None:
    night = PICTURE // 32
    pictures = [(at, night if 5.0 <= at < 12.0 else PICTURE) for at in HALF_SECONDS]
    assert reports(pictures) == [(8.0, Obstacle.TOO_DARK), (15.0, None)]


def test_shadow_of_a_second_is_not_reported() -> None:
    assert reports((at, PICTURE // 32 if at % 4 < 2 else PICTURE) for at in HALF_SECONDS) == []


def test_obstacle_is_reported_after_times_began_again() -> None:
    night = PICTURE // 32
    pictures = [(100.0, night), *((at, night) for at in HALF_SECONDS)]
    assert reports(pictures) == [(3.0, Obstacle.TOO_DARK)]
