"""Dark and blurred pictures are set right; good ones pass unchanged."""

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from landmarkers.frame import Frame, Image
from landmarkers.layout import HANDS, LEFT_SHOULDER, RIGHT_SHOULDER, Part
from landmarkers.picture import improve
from landmarkers.tracking import TrackingLandmarker
from trainer.evaluation.conditions import CONDITIONS

FRAMES = 6


@pytest.fixture
def image(sample_image: Path) -> Image:
    """A person whose hands are in view."""
    return np.asarray(cv2.imread(str(sample_image), cv2.IMREAD_COLOR_RGB), np.uint8)


def changed(image: Image, condition: str) -> list[Frame]:
    return list(CONDITIONS[condition].apply([Frame(image, number / 15) for number in range(FRAMES)]))


def test_good_picture_passes_unchanged(image: Image) -> None:
    frame = Frame(image, 1.0)
    picture = improve(frame)
    assert picture.image is image
    assert picture.time == 1.0
    assert not picture.is_poor


def test_dark_picture_becomes_bright_with_less_noise(image: Image) -> None:
    dark = changed(image, "dark")[0]
    picture = improve(dark)
    assert picture.is_poor
    assert picture.image.mean() > 3 * dark.image.mean()
    stretched = cv2.convertScaleAbs(dark.image, alpha=1 / 0.18)
    assert np.abs(picture.image.astype(int) - image).mean() < np.abs(stretched.astype(int) - image).mean()


def test_even_pictures_are_no_fault() -> None:
    for level in (0, 40, 255):
        for shape in ((120, 160, 3), (5, 5, 3), (1, 1, 3)):
            assert improve(Frame(np.full(shape, level, np.uint8), 0.0)).image.shape == shape


@pytest.mark.parametrize("condition", ["dark", "blurred"])
def test_person_in_a_poor_picture_has_the_same_points_and_no_invented_hands(image: Image, condition: str) -> None:
    with closing(TrackingLandmarker()) as landmarker:
        recorded = landmarker.detect(Frame(image, 0.0)).part(Part.POSE)
    with closing(TrackingLandmarker()) as landmarker:
        found = [landmarker.detect(frame) for frame in changed(image, condition)]
    width = np.linalg.norm((recorded[LEFT_SHOULDER] - recorded[RIGHT_SHOULDER])[:2])
    distances = np.linalg.norm((found[-1].part(Part.POSE) - recorded)[:13, :2], axis=1)
    assert distances.mean() < 0.1 * width
    assert not any(landmarks.is_visible(part) for landmarks in found for part in HANDS)


def test_nobody_is_found_in_noise() -> None:
    random = np.random.default_rng(1)
    noise = [np.clip(random.normal(15, 7, (240, 320, 3)), 0, 255).astype(np.uint8) for _ in range(FRAMES)]
    with closing(TrackingLandmarker()) as landmarker:
        found = [landmarker.detect(Frame(image, number / 15)) for number, image in enumerate(noise)]
    assert all(np.isnan(landmarks.points).all() for landmarks in found)
