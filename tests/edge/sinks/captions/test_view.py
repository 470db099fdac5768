import numpy as np
import pytest

from edge.sinks.captions.message import View
from edge.sinks.captions.skeleton import JOINTS, LEFT_HAND, POSE, RIGHT_HAND
from edge.sinks.captions.view import view_of
from landmarkers.frame import Frame, Landmarks
from landmarkers.layout import PART_SLICES, RIGHT_WRIST, Part
from tests.synthetic_signer import Sign, signer


def make_view(width: int, height: int, *, with_image: bool) -> View:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2] = (200, 100, 50)
    return view_of(Frame(image, 0.0), signer(0.0, Sign(0.0, 1.0, 0.25)), 3.0, with_image=with_image)


def test_view_has_the_points_of_hands_and_pose() -> None:
    view = make_view(640, 480, with_image=False)
    assert len(view.joints) == JOINTS
    assert view.joints[LEFT_HAND] is None
    assert view.joints[POSE + RIGHT_WRIST] == view.joints[RIGHT_HAND] == (0.25, 0.45)
    assert (view.at, view.aspect) == (3.0, 0.75)


def test_skeleton_view_contains_no_pixel() -> None:
    assert make_view(640, 480, with_image=False).image == b""


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1920, 1080), (320, 240), (300, 401)])
def test_image_is_reduced_and_keeps_its_colours(width: int, height: int) -> None:
    view = make_view(width, height, with_image=True)
    small = np.frombuffer(view.image, np.uint8).reshape(view.size[1], view.size[0], 3)
    assert view.size[0] <= 400
    assert view.aspect == height / width
    assert tuple(small[0, 0]) == (200, 100, 50)
    assert tuple(small[-1, -1]) == (0, 0, 0)


def test_view_of_a_replayed_take_has_no_image() -> None:
    points = np.full_like(signer(0.0, None).points, np.nan)
    points[PART_SLICES[Part.POSE]] = 0.5
    view = view_of(Frame(np.zeros((0, 0, 3), np.uint8), 0.0), Landmarks(points, 0.0), 0.0, with_image=True)
    assert (view.image, view.aspect) == (b"", 0.75)
    assert view.joints.count(None) == 42
