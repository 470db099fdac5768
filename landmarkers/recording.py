"""Reads recorded pictures: a video file or a folder of numbered frames.

The device plays recordings through this file and the trainer extracts takes through it, so both see
the same pictures at the same times. It is the one file of this room that imports OpenCV.
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
FOLDER_FPS: Final = 30.0  # frames a second that the numbers in a folder count, as KArSL's Kinect recorded them

MIN_COMPLETE_FRACTION: Final = 0.9  # of the frames that a video's header promises; headers of some containers estimate


class RecordingUnreadable(UserError):
    """A clip that gives no picture, or breaks off; the message names the clip."""


def read_recording(path: Path) -> Iterator[Frame]:
    """The frames of a clip in order, times in seconds from its first frame.

    Raises RecordingUnreadable when the clip is missing, is no clip or has a picture that cannot be read.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise RecordingUnreadable(f"there is no clip {path}")
    return _read_video(path)


def numbered_images(folder: Path) -> list[tuple[int, Path]]:
    """The pictures of a folder with the last number in each name, in the order of the numbers."""
    found = []
    for path in folder.iterdir():
        numbers = re.findall(r"\d+", path.stem)
        if path.suffix.lower() in IMAGE_SUFFIXES and numbers:
            found.append((int(numbers[-1]), path))
    return sorted(found)


def _read_folder(folder: Path) -> Iterator[Frame]:
    pictures = numbered_images(folder)
    if not pictures:
        raise RecordingUnreadable(f"the folder {folder} holds no numbered pictures")
    if len({number for number, _ in pictures}) < len(pictures):
        raise RecordingUnreadable(f"the folder {folder} holds two pictures of one number")
    first = pictures[0][0]
    for number, path in pictures:
        picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB) if path.stat().st_size else None
        if picture is None:
            raise RecordingUnreadable(f"the picture {path} cannot be read")
        yield Frame(picture.astype(np.uint8, copy=False), (number - first) / FOLDER_FPS)


def _read_video(path: Path) -> Iterator[Frame]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) if capture.isOpened() else 0.0
        spacing = 1.0 / rate if 1.0 <= rate <= 1000.0 else 1.0 / FOLDER_FPS
        promised = capture.get(cv2.CAP_PROP_FRAME_COUNT) if capture.isOpened() else 0.0
        first: float | None = None
        time = -spacing
        count = 0
        while True:
            there, picture = capture.read()
            if not there:
                break
            stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            first = stamp if first is None else first
            # Some containers carry no stamps, or two alike: then the nominal rate counts on.
            time = stamp - first if stamp - first > time else time + spacing
            count += 1
            yield Frame(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False), time)
        if count == 0:
            raise RecordingUnreadable(f"the clip {path} cannot be read as video")
        if count < MIN_COMPLETE_FRACTION * promised:
            raise RecordingUnreadable(f"the clip {path} breaks off after {count} of {promised:.0f} frames")
    finally:
        capture.release()
