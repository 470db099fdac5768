"""Reads recorded clips: a video file or a folder of numbered images.

A clip breaks off where images cannot be decoded, or where its file ends before the last of them; what a header says
beside that, such as a number of frames, is no reason to refuse it.

The device plays recordings through this file and the trainer extracts takes through it, so both see
the same images at the same times.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np

from landmarkers.container_size import declared_size
from landmarkers.errors import UserError
from landmarkers.frame import Frame, Image
from landmarkers.frame_clock import FrameClock
from landmarkers.pixel_shape import to_square_pixels
from landmarkers.video_file import VideoFile

VIDEO_SUFFIXES: Final = frozenset(
    {
        *(".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4"),
        *(".mpeg", ".mpg", ".mts", ".ts", ".webm", ".wmv"),
    }
)
IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png"})
FOLDER_FPS: Final = 30.0  # the frame rate of numbered images, as KArSL's Kinect recorded them

_MIN_COMPLETE: Final = 0.9  # of the images
_MAX_STEP: Final = 15  # between the numbers of most images: two a second, from which nobody reads a sign
_EPOCH_S: Final = range(900_000_000, 4_200_000_000)  # since 1970: from 1998 to 2103
_STAMP_UNITS: Final = (10**3, 10**6, 10**9)  # in a second


class RecordingUnreadable(UserError):
    """A clip that has no readable image, or is truncated or damaged; the message names the clip."""


def read_recording(path: Path, pixel_aspect: float | None = None, max_frames: int | None = None) -> Iterator[Frame]:
    """Read the frames of a clip in order, with square pixels and times in seconds from its first frame.

    `pixel_aspect`, the width of a pixel in heights, replaces what the clip says about itself.
    Raises RecordingUnreadable when the clip is missing, is not a clip, or too much of it cannot be read; and, before
    the first frame, when it has more than `max_frames`.
    """
    if path.is_dir():
        return _read_folder(path, pixel_aspect or 1.0, max_frames)
    if not path.is_file():
        raise RecordingUnreadable(f"there is no clip {path}")
    return _read_video(path, pixel_aspect, max_frames)


def is_numbered_image(name: str) -> bool:
    """Return True for the name of an image that holds a number.

    Hidden files are no images: macOS writes one, `._NAME`, for each file on a disk of another system.
    """
    stem, _, suffix = name.rpartition(".")
    return f".{suffix.lower()}" in IMAGE_SUFFIXES and not name.startswith(".") and re.search("[0-9]", stem) is not None


def numbered_images(folder: Path) -> list[tuple[int, Path]]:
    """Return the images of a folder with the last number in each name, in the order of the numbers."""
    return sorted((_all_numbers(path)[-1], path) for path in folder.iterdir() if is_numbered_image(path.name))


def _read_folder(folder: Path, pixel_aspect: float, max_frames: int | None) -> Iterator[Frame]:
    try:
        images = numbered_images(folder)
    except OSError as error:
        raise RecordingUnreadable(f"the folder {folder} cannot be read: {error.strerror}") from error
    _check_numbers(folder, images)
    _check_length(folder, len(images), max_frames)
    first = images[0][0]
    unit = _numbers_per_second(folder, images)
    clock = FrameClock(1.0 / FOLDER_FPS)
    for number, path in images:
        yield Frame(to_square_pixels(_read_image(path), pixel_aspect), clock.advance((number - first) / unit))


def _check_length(clip: Path, frames: int, max_frames: int | None) -> None:
    """Raise RecordingUnreadable for too many frames."""
    if max_frames is not None and frames > max_frames:
        raise RecordingUnreadable(f"the clip {clip} has more than {max_frames:,} frames; cut it into shorter clips")


def _check_numbers(folder: Path, images: list[tuple[int, Path]]) -> None:
    """Raise RecordingUnreadable unless the last number in each name alone tells the order."""
    if not images:
        raise RecordingUnreadable(f"the folder {folder} contains no numbered images")
    for (number, path), (next_number, next_path) in pairwise(images):
        if number == next_number:
            raise RecordingUnreadable(
                f"the folder {folder} contains two images of the number {number}: {path.name} and {next_path.name}; "
                "the last number in a name is the frame's"
            )
        if _all_numbers(path) > _all_numbers(next_path):
            raise RecordingUnreadable(
                f"the order of the images in the folder {folder} is not plain, for example of {path.name} and "
                f"{next_path.name}; the last number in a name is the frame's"
            )


def _all_numbers(image: Path) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", image.stem)]


def _numbers_per_second(folder: Path, images: list[tuple[int, Path]]) -> float:
    """Return how far the numbers of images advance in a second: as those of frames, or as stamps of time since 1970."""
    numbers = [number for number, _ in images]
    for unit in _STAMP_UNITS:
        if all(number // unit in _EPOCH_S for number in numbers):
            return unit
    step = median(following - number for number, following in pairwise(numbers)) if len(numbers) > 1 else 0
    if step > _MAX_STEP or numbers[-1] >= _EPOCH_S.start:
        raise RecordingUnreadable(
            f"the images of the folder {folder} are numbered as times are, for example {images[0][1].name}; number "
            f"them as frames of {FOLDER_FPS:.0f} a second, or in milliseconds, microseconds or nanoseconds since 1970"
        )
    return FOLDER_FPS


def _read_image(path: Path) -> Image:
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise RecordingUnreadable(f"the image {path} cannot be read: {error.strerror}") from error
    image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if image is None:
        raise RecordingUnreadable(f"the image {path} cannot be read")
    return image.astype(np.uint8, copy=False)


def _read_video(path: Path, pixel_aspect: float | None, max_frames: int | None) -> Iterator[Frame]:
    try:
        size, declared = path.stat().st_size, declared_size(path)
    except OSError as error:
        raise RecordingUnreadable(f"the clip {path} cannot be read: {error.strerror}") from error
    if size == 0:
        raise RecordingUnreadable(f"the clip {path} is empty")
    if max_frames is not None:
        with VideoFile(path) as video:
            _check_length(path, video.count_packets(max_frames + 1), max_frames)
    with VideoFile(path) as video:
        clock = FrameClock(1.0 / video.rate if 1.0 <= video.rate <= 1000.0 else 1.0 / FOLDER_FPS)
        end = 0.0
        for image, stamp in video.images():
            rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
            time = clock.advance(stamp)
            end = time + clock.interval_s
            yield Frame(to_square_pixels(rgb, pixel_aspect or video.pixel_aspect), time)
        if declared is not None and size < declared and not _covers(video, end, size / declared):
            raise RecordingUnreadable(f"the clip {path} is truncated after {size} of {declared} bytes")
        if video.decoded == 0:
            raise RecordingUnreadable(_describe_undecodable(path, video.codec))
        if video.decoded < _MIN_COMPLETE * (video.decoded + video.skipped):
            bad = f"{video.skipped} of {video.decoded + video.skipped} frames"
            raise RecordingUnreadable(f"the clip {path} is damaged: {bad} cannot be decoded")


def _covers(video: VideoFile, end_s: float, complete: float) -> bool:
    """Return whether a file that lacks its last bytes has nearly all images: those bytes may be sound or an index."""
    if video.decoded == 0:
        return False
    reported_s = video.duration
    if reported_s is None or reported_s < _MIN_COMPLETE * end_s:  # some headers count too few images
        return complete >= _MIN_COMPLETE
    return end_s >= _MIN_COMPLETE * reported_s


def _describe_undecodable(path: Path, codec: str | None) -> str:
    if codec is None:
        return f"the clip {path} cannot be read as video"
    return (
        f"no picture of the clip {path} can be decoded here, they are in {codec}; convert it, for example with "
        "ffmpeg -i CLIP -c:v libx264 CONVERTED.mp4"
    )
