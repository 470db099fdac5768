"""Guides a real signer of the training clips: as recorded, far, near, in the dark, tilted, and partly out of view."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.source import SourceOptions, open_camera
from edge.config import SHIPPED_MODEL
from edge.setup.guide import Guide
from edge.setup.state import Advice
from landmarkers.factory import open_landmarker
from landmarkers.frame import Frame, Image
from landmarkers.landmarker import PersonCounter
from models.bundle import open_bundle

GREY = (120, 120, 120)
SECONDS, RATE = 2.2, 8


@pytest.fixture(scope="module")
def images(karsl: Path) -> list[Image]:
    """Return the pictures of one clip, 480 rows high, as cameras deliver them."""
    clip = min((karsl / "karsl-502" / "01" / "01" / "test" / "0073").iterdir())
    frames = list(open_camera(str(clip), SourceOptions(fast=True)).frames())[::4]
    return [np.asarray(cv2.resize(frame.image, (480, 480)), np.uint8) for frame in frames]


def enlarged(image: Image, scale: float, degrees: float = 0.0) -> Image:
    """Return the picture enlarged or reduced within its size, and turned clockwise."""
    middle = image.shape[1] / 2, image.shape[0] / 2
    matrix = cv2.getRotationMatrix2D(middle, -degrees, scale)
    return np.asarray(cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderValue=GREY), np.uint8)


def moved(image: Image, right: float, down: float) -> Image:
    """Return the picture as of a signer who stands elsewhere: by these shares of its size."""
    matrix = np.array([[1.0, 0.0, right * image.shape[1]], [0.0, 1.0, down * image.shape[0]]])
    return np.asarray(cv2.warpAffine(image, matrix, (image.shape[1], image.shape[0]), borderValue=GREY), np.uint8)


def darker(image: Image) -> Image:
    noise = np.random.default_rng(0).normal(0.0, 4.0, image.shape)
    return np.clip(0.15 * image + noise, 0, 255).astype(np.uint8)


def frames_of(images: list[Image], change: Callable[[Image], Image]) -> Iterator[Frame]:
    for number in range(round(SECONDS * RATE)):
        yield Frame(np.ascontiguousarray(change(images[number % len(images)])), number / RATE)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda image: image, Advice.GOOD),
        (lambda image: enlarged(image, 0.3), Advice.COME_CLOSER),
        (lambda image: enlarged(image, 1.6), Advice.STEP_BACK),
        (lambda image: enlarged(image, 1.0, 25.0), Advice.LEVEL),
        (lambda image: np.rot90(image), Advice.TURN_PICTURE),
        (darker, Advice.MORE_LIGHT),
        (lambda image: moved(image, -0.5, 0.0), Advice.MOVE_LEFT),  # half outside
        (lambda image: moved(image, 0.6, 0.0), Advice.MOVE_RIGHT),  # one arm is seen
        (lambda image: moved(image, 0.0, -0.35), Advice.RAISE_CAMERA),  # no head
        (lambda image: moved(image, 0.0, -0.6), Advice.RAISE_CAMERA),  # no shoulders
    ],
)
def test_signer_of_a_clip(images: list[Image], change: Callable[[Image], Image], expected: Advice) -> None:
    manifest, now = open_bundle(SHIPPED_MODEL).manifest, 0.0
    landmarker = open_landmarker(manifest.parts, manifest.landmarker)
    assert isinstance(landmarker, PersonCounter)
    guide = Guide(0, landmarker.person_sizes, lambda: now)
    advice = Advice.WAIT
    try:
        for frame in frames_of(images, change):
            now = frame.time
            guide.observe(frame, landmarker.detect(frame))
            advice = guide.advice()[0]
    finally:
        landmarker.close()
    assert advice is expected
