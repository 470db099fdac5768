"""How pictures are turned, mirrored and cut, and what is asked of a camera."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.live import LiveCamera
from edge.cameras.orientation import orient, to_rgb
from edge.cameras.source import open_camera
from edge.config import CameraConfig
from tests.edge.clips import write_clip
from tests.edge.fake_device import Stage

WIDE, TALL = 6, 4
PICTURE = np.arange(TALL * WIDE * 3, dtype=np.uint8).reshape(TALL, WIDE, 3)
TOP_LEFT = PICTURE[0, 0]


def corner(options: CameraConfig) -> str:
    """Where the top left corner has gone."""
    turned = orient(PICTURE, options)
    places = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}
    return next(name for name, place in places.items() if np.array_equal(turned[place], TOP_LEFT))


@pytest.mark.parametrize(
    ("options", "shape", "where"),
    [
        (CameraConfig(), (TALL, WIDE), "top left"),
        (CameraConfig(rotation_degrees=90), (WIDE, TALL), "top right"),
        (CameraConfig(rotation_degrees=180), (TALL, WIDE), "bottom right"),
        (CameraConfig(rotation_degrees=270), (WIDE, TALL), "bottom left"),
        (CameraConfig(mirror=True), (TALL, WIDE), "top right"),
        (CameraConfig(rotation_degrees=90, mirror=True), (WIDE, TALL), "top left"),
    ],
)
def test_pictures_are_turned_clockwise_and_then_mirrored(
    options: CameraConfig, shape: tuple[int, int], where: str
) -> None:
    assert orient(PICTURE, options).shape[:2] == shape
    assert corner(options) == where


def test_the_region_is_cut_from_the_turned_picture() -> None:
    right_third = CameraConfig(rotation_degrees=180, region_left=2 / 3, region_width=1 / 3)
    np.testing.assert_array_equal(orient(PICTURE, right_third), cv2.rotate(PICTURE, cv2.ROTATE_180)[:, 4:])
    bottom_half = CameraConfig(region_top=0.5, region_height=0.5)
    np.testing.assert_array_equal(orient(PICTURE, bottom_half), PICTURE[2:])


@pytest.mark.parametrize("channels", [3, 4])
def test_frames_are_rgb_in_one_piece_whatever_the_device_gives(channels: int) -> None:
    pixels = np.zeros((4, 6, channels), np.uint8)
    pixels[..., 0] = 200  # blue
    picture = to_rgb(orient(pixels, CameraConfig(mirror=True, region_width=0.5)))
    assert picture.shape == (4, 3, 3)
    assert picture.flags.c_contiguous
    assert picture[0, 0].tolist() == [0, 0, 200]


def test_a_live_cameras_pictures_are_framed() -> None:
    camera = LiveCamera("fake", Stage().open, CameraConfig(rotation_degrees=90, region_height=0.5), again=False)
    frame = next(camera.frames())
    camera.stop()
    assert frame.image.shape == (32, 48, 3)


def test_a_clips_pictures_are_framed(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    options = CameraConfig(rotation_degrees=270, region_height=0.5)
    camera = open_camera(str(clip), fast=True, again=False, options=options)
    assert {frame.image.shape for frame in camera.frames()} == {(32, 48, 3)}
