"""Reads recorded clips: a video file or a folder of numbered images.

The device plays recordings through this file and the trainer extracts takes through it, so both see
the same images at the same times.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from landmarkers.errors import UserError
from landmarkers.frame import Frame

VIDEO_SUFFIXES: Final = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".gif"})
IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png"})
FOLDER_FPS: Final = 30.0  # the frame rate of numbered images, as KArSL's Kinect recorded them

MIN_COMPLETE_FRACTION: Final = 0.9  # of the frame count in a video's header, which some containers only estimate


class RecordingUnreadable(UserError):
    """A clip that has no readable image, or is truncated; the message names the clip."""


def read_recording(path: Path) -> Iterator[Frame]:
    """Read the frames of a clip in order, with times in seconds from its first frame.

    Raises RecordingUnreadable when the clip is missing, is not a clip, or has an image that cannot be read.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise RecordingUnreadable(f"there is no clip {path}")
    return _read_video(path)


def numbered_images(folder: Path) -> list[tuple[int, Path]]:
    """Return the images of a folder with the last number in each name, in the order of the numbers."""
    found = []
    for path in folder.iterdir():
        numbers = re.findall(r"\d+", path.stem)
        if path.suffix.lower() in IMAGE_SUFFIXES and numbers:
            found.append((int(numbers[-1]), path))
    return sorted(found)


def _read_folder(folder: Path) -> Iterator[Frame]:
    images = numbered_images(folder)
    if not images:
        raise RecordingUnreadable(f"the folder {folder} contains no numbered images")
    if len({number for number, _ in images}) < len(images):
        raise RecordingUnreadable(f"the folder {folder} contains two images of one number")
    first = images[0][0]
    for number, path in images:
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB) if path.stat().st_size else None
        if image is None:
            raise RecordingUnreadable(f"the image {path} cannot be read")
        yield Frame(image.astype(np.uint8, copy=False), (number - first) / FOLDER_FPS)


def _read_video(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        fps = capture.get(cv2.CAP_PROP_FPS) if capture.isOpened() else 0.0
        interval = 1.0 / fps if 1.0 <= fps <= 1000.0 else 1.0 / FOLDER_FPS
        expected = capture.get(cv2.CAP_PROP_FRAME_COUNT) if capture.isOpened() else 0.0
        first: float | None = None
        time = -interval
        count = 0
        while True:
            success, image = capture.read()
            if not success:
                break
            timestamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            first = timestamp if first is None else first
            # Some containers have no timestamps, or two equal ones: then the time advances by the nominal rate.
            time = timestamp - first if timestamp - first > time else time + interval
            count += 1
            yield Frame(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), time)
        if count == 0:
            raise RecordingUnreadable(f"the clip {path} cannot be read as video")
        if count < MIN_COMPLETE_FRACTION * expected:
            raise RecordingUnreadable(f"the clip {path} is truncated after {count} of {expected:.0f} frames")
    finally:
        capture.release()
