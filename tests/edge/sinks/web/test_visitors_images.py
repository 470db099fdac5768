"""Decoding of visitors' images, and the landmarks that are sent back."""

import os
import subprocess
import sys

import numpy as np
import pytest

from edge.sinks.web.visitors.image import decode
from edge.sinks.web.visitors.jpeg import ENVIRONMENT, MAX_PIXELS, ImageRefused, check_jpeg
from edge.sinks.web.visitors.points import reference_points
from landmarkers.frame import Landmarks
from landmarkers.layout import POINT_COUNT
from tests.edge.sinks.web.hostile_messages import huge, two_sizes
from tests.edge.sinks.web.visitor_server import grey

# Positions of some of MediaPipe's points among those that the reference's page draws, by its own table.
POSE = {11: 0, 12: 1, 13: 2, 14: 3, 15: 4, 16: 5}
FACE = {0: 6, 7: 7, 10: 8, 61: 19, 152: None, 199: None, 249: 42, 402: 73}
RIGHT_HAND = {0: 74, 1: 75, 4: 76, 5: 77, 8: 78, 20: 84}
LEFT_HAND = {0: 85, 4: 87, 8: 89, 20: 95}


def numbered_landmarks() -> Landmarks:
    """Return landmarks whose x is their index in the layout."""
    points = np.zeros((POINT_COUNT, 3), np.float32)
    points[:, 0] = np.arange(POINT_COUNT)
    points[:, 1] = 0.3
    return Landmarks(points, 0.0)


@pytest.mark.parametrize(("first", "places"), [(489, POSE), (0, FACE), (522, RIGHT_HAND), (468, LEFT_HAND)], ids=str)
def test_points_are_at_the_positions_that_the_reference_page_expects(first: int, places: dict[int, int | None]) -> None:
    points = reference_points(numbered_landmarks(), 0.75)
    assert len(points) == 96
    for number, place in places.items():
        if place is None:
            assert first + number not in [x for x, _, _, _ in points]
        else:
            assert points[place] == [first + number, 0.4, 0.0, 1.0]


def test_invisible_points_are_zero() -> None:
    assert reference_points(Landmarks.empty(0.0), 0.75) == [[0.0] * 4] * 96


@pytest.mark.parametrize(
    ("sent", "is_reference", "decoded_size"),
    [
        ((320, 180), True, (180, 180)),  # a 16:9 camera on the reference's page
        ((320, 569), True, (320, 320)),  # a phone held upright
        ((320, 240), True, (320, 240)),
        ((320, 320), True, (320, 320)),
        ((640, 360), True, (640, 360)),  # another page, which sends its camera's image
        ((320, 180), False, (320, 180)),
    ],
)
def test_images_that_the_reference_page_stretches_become_square_again(
    sent: tuple[int, int], is_reference: bool, decoded_size: tuple[int, int]
) -> None:
    content = grey(*sent)
    assert decode(content, is_reference=is_reference).shape == (decoded_size[1], decoded_size[0], 3)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (16, 16)])
def test_images_of_cameras_are_accepted(width: int, height: int) -> None:
    content = grey(width, height)
    check_jpeg(content)
    assert decode(content, is_reference=False).shape == (height, width, 3)


def test_image_that_is_too_small_is_refused() -> None:
    with pytest.raises(ImageRefused, match="15x400"):
        decode(grey(15, 400), is_reference=False)


@pytest.mark.parametrize("content", [grey(2048, 1536), huge(65500, 65500), two_sizes(8000, 8000)])
def test_image_of_too_many_pixels_is_refused_before_it_takes_memory(content: bytes) -> None:
    """OpenCV reads its limit when it is imported, so that this needs a process with the worker's environment."""
    program = """
import resource, sys
from edge.sinks.web.visitors.image import decode
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decode(sys.stdin.buffer.read(), is_reference=True)
except Exception as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    command = [sys.executable, "-P", "-c", program]
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run(command, input=content, env=environment, capture_output=True, check=True).stdout
    refusal, kilobytes = printed.decode().splitlines()
    assert refusal == f"a picture of more than {MAX_PIXELS} pixels"
    assert int(kilobytes) < 20_000
