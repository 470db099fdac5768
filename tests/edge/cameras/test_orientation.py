"""Rotation, mirroring and cropping of images, and the options that reach a camera."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.live import LiveCamera
from edge.cameras.orientation import orient, to_rgb
from edge.cameras.source import SourceOptions, open_camera
from edge.config import CameraConfig
from tests.edge.cameras.fake_device import FakeDriver
from tests.edge.clips import write_clip

WIDTH, HEIGHT = 6, 4
IMAGE = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)
TOP_LEFT = IMAGE[0, 0]


def find_corner(config: CameraConfig) -> str:
    """Return where the top left corner has gone."""
    oriented = orient(IMAGE, config)
    corners = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom right": (-1, -1)}
    return next(name for name, place in corners.items() if np.array_equal(oriented[place], TOP_LEFT))


@pytest.mark.parametrize(
    ("config", "shape", "corner"),
    [
        (CameraConfig(), (HEIGHT, WIDTH), "top left"),
        (CameraConfig(rotation_degrees=90), (WIDTH, HEIGHT), "top right"),
        (CameraConfig(rotation_degrees=180), (HEIGHT, WIDTH), "bottom right"),
        (CameraConfig(rotation_degrees=270), (WIDTH, HEIGHT), "bottom left"),
        (CameraConfig(mirror=True), (HEIGHT, WIDTH), "top right"),
        (CameraConfig(rotation_degrees=90, mirror=True), (WIDTH, HEIGHT), "top left"),
    ],
)
def test_images_are_rotated_clockwise_and_then_mirrored(
    config: CameraConfig, shape: tuple[int, int], corner: str
) -> None:
    assert orient(IMAGE, config).shape[:2] == shape
    assert find_corner(config) == corner


def test_region_is_cropped_from_the_rotated_image() -> None:
    right_third = CameraConfig(rotation_degrees=180, region_left=2 / 3, region_width=1 / 3)
    np.testing.assert_array_equal(orient(IMAGE, right_third), cv2.rotate(IMAGE, cv2.ROTATE_180)[:, 4:])
    bottom_half = CameraConfig(region_top=0.5, region_height=0.5)
    np.testing.assert_array_equal(orient(IMAGE, bottom_half), IMAGE[2:])


@pytest.mark.parametrize("channels", [3, 4])
def test_frames_are_contiguous_rgb_whatever_the_device_delivers(channels: int) -> None:
    pixels = np.zeros((4, 6, channels), np.uint8)
    pixels[..., 0] = 200  # blue
    image = to_rgb(orient(pixels, CameraConfig(mirror=True, region_width=0.5)))
    assert image.shape == (4, 3, 3)
    assert image.flags.c_contiguous
    assert image[0, 0].tolist() == [0, 0, 200]


def test_images_of_a_live_camera_are_oriented() -> None:
    config = CameraConfig(rotation_degrees=90, region_height=0.5)
    camera = LiveCamera("fake", FakeDriver().open, config, reconnect=False)
    frame = next(camera.frames())
    camera.stop()
    assert frame.image.shape == (32, 48, 3)


def test_images_of_a_clip_are_oriented(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    config = CameraConfig(rotation_degrees=270, region_height=0.5)
    camera = open_camera(str(clip), SourceOptions(fast=True, camera=config))
    assert {frame.image.shape for frame in camera.frames()} == {(32, 48, 3)}
