import math

import cv2
import numpy as np
import pytest

from landmarkers.roi import RotatedRoi, enclosing_square, rotation


@pytest.mark.parametrize("angle", [0.0, 0.4, math.pi / 2, -2.5])
def test_point_of_the_region_has_the_same_position_in_the_crop(angle: float) -> None:
    image = np.zeros((200, 300, 3), np.uint8)
    roi = RotatedRoi(140.0, 110.0, 80.0, angle)
    centre = roi.to_image(np.array([[0.3, 0.7, 0.0]], np.float32))[0, :2]
    cv2.circle(image, (round(float(centre[0])), round(float(centre[1]))), 3, (255, 255, 255), -1)
    crop = roi.crop(image, 64, cv2.BORDER_REPLICATE)
    rows, columns = np.nonzero(crop[..., 0] > 128)
    assert columns.mean() / 64 == pytest.approx(0.3, abs=0.03)
    assert rows.mean() / 64 == pytest.approx(0.7, abs=0.03)


def test_depth_scales_with_the_region() -> None:
    in_image = RotatedRoi(0.0, 0.0, 50.0, 1.0).to_image(np.array([[0.5, 0.5, 0.1]], np.float32))
    assert in_image[0] == pytest.approx([0.0, 0.0, 5.0], abs=1e-5)


def test_region_is_shifted_along_its_own_axes() -> None:
    upside_down = RotatedRoi(100.0, 100.0, 10.0, math.pi).shifted(right=0.0, down=1.0, scale=2.0)
    assert (upside_down.x, upside_down.y, upside_down.side) == pytest.approx((100.0, 90.0, 20.0))


def test_upward_vector_has_no_rotation() -> None:
    assert rotation(np.array([5.0, 9.0], np.float32), np.array([5.0, 2.0], np.float32)) == pytest.approx(0.0)
    assert rotation(np.array([5.0, 9.0], np.float32), np.array([9.0, 9.0], np.float32)) == pytest.approx(math.pi / 2)


def test_enclosing_square_contains_the_points_at_any_angle() -> None:
    points = np.array([[10.0, 20.0], [40.0, 25.0], [30.0, 60.0]], np.float32)
    for angle in (0.0, 0.7, -1.2):
        roi = enclosing_square(points, angle)
        sine, cosine = math.sin(angle), math.cos(angle)
        rotated = (points - [roi.x, roi.y]) @ np.array([[cosine, -sine], [sine, cosine]])
        assert np.abs(rotated).max() == pytest.approx(roi.side / 2, rel=1e-4)


def test_iou_is_intersection_over_union() -> None:
    square = RotatedRoi(0.0, 0.0, 10.0, 0.0)
    assert square.iou(square) == pytest.approx(1.0)
    assert square.iou(RotatedRoi(5.0, 0.0, 10.0, 0.0)) == pytest.approx(1 / 3)
    assert square.iou(RotatedRoi(0.0, 0.0, 2.0, 0.0)) == pytest.approx(0.04)
    assert square.iou(RotatedRoi(20.0, 0.0, 10.0, 0.0)) == 0.0
