"""The log of OpenCV and FFmpeg, which would hide the sentence that says what is wrong."""

import os
from typing import Final

import cv2

_QUIET: Final = -8  # FFmpeg's log level; the next one tells every image without JPEG data


def silence_opencv() -> None:
    """Keep both from logging what callers report themselves; the user's variables take precedence.

    OpenCV reads FFmpeg's variable when it opens its first video.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", str(_QUIET))
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
