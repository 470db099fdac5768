"""A video file, opened through FFmpeg."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import cv2
from numpy.typing import NDArray

from landmarkers.opencv_log import silence_opencv
from landmarkers.pixel_shape import reported_aspect

_CODECS: Final = {"AV01": "AV1", "h264": "H.264", "hevc": "HEVC", "VP80": "VP8", "VP90": "VP9"}  # as OpenCV spells them
_MAX_SKIPPED: Final = 1000  # images in a row; at the end of the file each attempt takes some microseconds


class VideoFile:
    """The images of a video file; those that cannot be decoded are left out and counted."""

    def __init__(self, path: Path) -> None:
        """Open the file, which may not be a video. Raises OSError."""
        # By its descriptor: FFmpeg reads protocols, options and patterns out of names, such as the colon of a time of
        # day, and OpenCV crashes at names that are not UTF-8.
        silence_opencv()
        descriptor = os.open(path, os.O_RDONLY)
        try:
            self._capture = cv2.VideoCapture(f"/dev/fd/{descriptor}", cv2.CAP_FFMPEG)
        finally:
            os.close(descriptor)
        self.rate = self._capture.get(cv2.CAP_PROP_FPS)
        """Nominal frames a second; not positive where the file has none."""
        self.decoded = 0
        """The number of images so far."""
        self.skipped = 0
        """The number of images so far that could not be decoded."""

    @property
    def codec(self) -> str | None:
        """The name of the pictures' encoding, often in the file's four letters; None where it has no pictures."""
        if not self._capture.isOpened():
            return None
        letters = int(self._capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True)
        name = letters.decode("ascii", "replace").strip("\0 ")
        return _CODECS.get(name, name) or "an unknown codec"

    @property
    def duration(self) -> float | None:
        """The seconds according to the header, in some containers those of the longest track; None without them."""
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)  # a duration times the rate, where images are not counted
        return count / self.rate if count > 0.0 and self.rate > 0.0 else None

    @property
    def pixel_aspect(self) -> float:
        """The width of a pixel in heights, as images come: a file that is to be rotated is rotated already."""
        aspect = reported_aspect(self._capture.get(cv2.CAP_PROP_SAR_NUM), self._capture.get(cv2.CAP_PROP_SAR_DEN))
        is_on_its_side = self._capture.get(cv2.CAP_PROP_ORIENTATION_META) % 180 == 90
        return 1.0 / aspect if is_on_its_side else aspect

    def images(self) -> Iterator[tuple[NDArray[Any], float]]:
        """Yield each image, uint8 [height, width, 3] in BGR, with its stamp in seconds."""
        failed = 0  # since the last image: OpenCV does not tell an image that cannot be decoded from the end
        while failed < _MAX_SKIPPED:
            succeeded, image = self._capture.read()
            if not succeeded:
                failed += 1
                continue
            self.skipped += failed
            self.decoded += 1
            failed = 0
            yield image, self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0

    def count_packets(self, at_most: int) -> int:
        """Return how many images the file has, up to a limit, without decoding them, which takes no time."""
        self._capture.set(cv2.CAP_PROP_FORMAT, -1)
        return next((number for number in range(at_most) if not self._capture.grab()), at_most)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._capture.release()
