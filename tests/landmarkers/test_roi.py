import math

import cv2
import numpy as np
import pytest

from landmarkers.roi import RotatedRoi, enclosing_square, rotation


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, -2.5])
def test_what_lies_at_a_place_of_the_region_is_seen_there(angle: float) -> None:
    picture = np.zeros((200, 300, 3), np.uint8)
    region = RotatedRoi(140.0, 110.0, 80.0, angle)
    there = region.to_image(np.array([[0.3, 0.7, 0.0]], np.float32))[0, :2]
    cv2.circle(picture, (round(float(there[0])), round(float(there[1]))), 3, (255, 255, 255), -1)
    cut = region.crop(picture, 64, cv2.BORDER_REPLICATE)
    rows, columns = np.nonzero(cut[..., 0] > 128)
    assert columns.mean() / 64 == pytest.approx(0.3, abs=0.03)
    assert rows.mean() / 64 == pytest.approx(0.7, abs=0.03)


def test_depth_grows_with_the_region() -> None:
    placed = RotatedRoi(0.0, 0.0, 50.0, 1.0).to_image(np.array([[0.5, 0.5, 0.1]], np.float32))
    assert placed[0] == pytest.approx([0.0, 0.0, 5.0], abs=1e-5)


def test_a_region_moves_along_its_own_axes() -> None:
    upside_down = RotatedRoi(100.0, 100.0, 10.0, math.pi).shifted(right=0.0, down=1.0, scale=2.0)
    assert (upside_down.x, upside_down.y, upside_down.side) == pytest.approx((100.0, 90.0, 20.0))


def test_what_points_up_needs_no_turn() -> None:
    assert rotation(np.array([5.0, 9.0], np.float32), np.array([5.0, 2.0], np.float32)) == pytest.approx(0.0)
    assert rotation(np.array([5.0, 9.0], np.float32), np.array([9.0, 9.0], np.float32)) == pytest.approx(math.pi / 2)


def test_the_square_around_points_holds_them_whatever_its_angle() -> None:
    points = np.array([[10.0, 20.0], [40.0, 25.0], [30.0, 60.0]], np.float32)
    for angle in (0.0, 0.7, -1.2):
        region = enclosing_square(points, angle)
        sine, cosine = math.sin(angle), math.cos(angle)
        turned = (points - [region.x, region.y]) @ np.array([[cosine, -sine], [sine, cosine]])
        assert np.abs(turned).max() == pytest.approx(region.side / 2, rel=1e-4)


def test_overlap_is_shared_area_over_the_area_of_both() -> None:
    one = RotatedRoi(0.0, 0.0, 10.0, 0.0)
    assert one.iou(one) == pytest.approx(1.0)
    assert one.iou(RotatedRoi(5.0, 0.0, 10.0, 0.0)) == pytest.approx(1 / 3)
    assert one.iou(RotatedRoi(0.0, 0.0, 2.0, 0.0)) == pytest.approx(0.04)
    assert one.iou(RotatedRoi(20.0, 0.0, 10.0, 0.0)) == 0.0
