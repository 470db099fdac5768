"""Video files of given pictures."""

from collections.abc import Iterable
from pathlib import Path

import cv2

from landmarkers.frame import Image


def write_video(path: Path, pictures: Iterable[Image], rate: float = 30.0) -> Path:
    """Write pictures of one size as MPEG-4, with the folders above the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: cv2.VideoWriter | None = None
    for picture in pictures:
        height, width = picture.shape[:2]
        writer = writer or cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
        writer.write(picture)
    assert writer is not None
    assert writer.isOpened()
    writer.release()
    return path
