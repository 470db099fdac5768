"""Reads recorded clips: a video file or a folder of numbered images.

The device plays recordings through this file and the trainer extracts takes through it, so both see
the same images at the same times.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from landmarkers.container_size import declared_size
from landmarkers.errors import UserError
from landmarkers.frame import Frame, Image
from landmarkers.frame_clock import FrameClock
from landmarkers.pixel_shape import to_square_pixels
from landmarkers.video_file import VideoFile

VIDEO_SUFFIXES: Final = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".gif"})
IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png"})
FOLDER_FPS: Final = 30.0  # the frame rate of numbered images, as KArSL's Kinect recorded them

_MIN_COMPLETE: Final = 0.9  # of the bytes, and of the images


class RecordingUnreadable(UserError):
    """A clip that has no readable image, or is truncated or damaged; the message names the clip."""


def read_recording(path: Path, pixel_aspect: float | None = None) -> Iterator[Frame]:
    """Read the frames of a clip in order, with square pixels and times in seconds from its first frame.

    `pixel_aspect`, the width of a pixel in heights, replaces what the clip says about itself.
    Raises RecordingUnreadable when the clip is missing, is not a clip, or too much of it cannot be read.
    """
    if path.is_dir():
        return _read_folder(path, pixel_aspect or 1.0)
    if not path.is_file():
        raise RecordingUnreadable(f"there is no clip {path}")
    return _read_video(path, pixel_aspect)


def numbered_images(folder: Path) -> list[tuple[int, Path]]:
    """Return the images of a folder with the last number in each name, in the order of the numbers.

    Hidden files are no images: macOS writes one, `._NAME`, for each file on a disk of another system.
    """
    found = []
    for path in folder.iterdir():
        numbers = re.findall("[0-9]+", path.stem)
        if path.suffix.lower() in IMAGE_SUFFIXES and numbers and not path.name.startswith("."):
            found.append((int(numbers[-1]), path))
    return sorted(found)


def _read_folder(folder: Path, pixel_aspect: float) -> Iterator[Frame]:
    images = numbered_images(folder)
    if not images:
        raise RecordingUnreadable(f"the folder {folder} contains no numbered images")
    for (number, path), (next_number, next_path) in pairwise(images):
        if number == next_number:
            raise RecordingUnreadable(
                f"the folder {folder} contains two images of the number {number}: {path.name} and {next_path.name}; "
                "the last number in a name is the frame's"
            )
    clock = FrameClock(1.0 / FOLDER_FPS)
    first = images[0][0]
    for number, path in images:
        yield Frame(to_square_pixels(_read_image(path), pixel_aspect), clock.advance((number - first) / FOLDER_FPS))


def _read_image(path: Path) -> Image:
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise RecordingUnreadable(f"the image {path} cannot be read: {error.strerror}") from error
    image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if image is None:
        raise RecordingUnreadable(f"the image {path} cannot be read")
    return image.astype(np.uint8, copy=False)


def _read_video(path: Path, pixel_aspect: float | None) -> Iterator[Frame]:
    try:
        size, declared = path.stat().st_size, declared_size(path)
    except OSError as error:
        raise RecordingUnreadable(f"the clip {path} cannot be read: {error.strerror}") from error
    with VideoFile(path) as video:
        clock = FrameClock(1.0 / video.rate if 1.0 <= video.rate <= 1000.0 else 1.0 / FOLDER_FPS)
        for image, stamp in video.images():
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            yield Frame(to_square_pixels(rgb, pixel_aspect or video.pixel_aspect), clock.advance(stamp))
        if video.decoded == 0:
            raise RecordingUnreadable(f"the clip {path} cannot be read as video")
        complete = min(1.0 if declared is None else size / declared, 1.0)
        if complete < _MIN_COMPLETE or (complete < 1.0 and video.decoded < _MIN_COMPLETE * video.expected):
            raise RecordingUnreadable(f"the clip {path} is truncated after {size} of {declared} bytes")
        if video.decoded < _MIN_COMPLETE * (video.decoded + video.skipped):
            bad = f"{video.skipped} of {video.decoded + video.skipped} frames"
            raise RecordingUnreadable(f"the clip {path} is damaged: {bad} cannot be decoded")
