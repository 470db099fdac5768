"""Finds where something moves in pictures of noise."""

import numpy as np

from edge.setup.motion import Motion, MovedArea
from landmarkers.frame import Image

HEIGHT, WIDTH = 240, 320


def area(left: float, right: float, top: float, level: float = 60.0) -> MovedArea | None:
    """Return the area that is found where something comes and goes: shares of width and height, down to the bottom."""
    motion = Motion(6)
    for number in range(6):
        image = picture(number)
        if number % 2:
            image[round(top * HEIGHT) :, round(left * WIDTH) : round(right * WIDTH)] += np.uint8(level)
        motion.observe(image)
    return motion.area()


def picture(number: int) -> Image:
    """Return a picture with the noise of a sensor."""
    noise = np.random.default_rng(number).normal(100.0, 8.0, (HEIGHT, WIDTH, 3))
    return noise.clip(0, 180).astype(np.uint8)


def test_area_is_where_something_moves() -> None:
    found = area(0.25, 0.5, 0.5)
    assert found is not None
    assert np.allclose([found.left, found.right, found.top], [0.25, 0.5, 0.5], atol=0.05)


def test_noise_alone_is_no_motion() -> None:
    assert area(0.0, 0.0, 0.0) is None


def test_light_that_is_switched_on_is_no_motion() -> None:
    assert area(0.0, 1.0, 0.0) is None


def test_leaf_that_moves_is_no_motion() -> None:
    assert area(0.5, 0.53, 0.9) is None


def test_first_picture_shows_no_motion() -> None:
    motion = Motion(6)
    motion.observe(picture(0))
    assert motion.area() is None
