"""Sets dark and blurred pictures right before the landmark networks, which were trained on good ones.

A good picture passes unchanged, after a look at some of its pixels that costs a tenth of a millisecond.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Frame, Image

_SAMPLE_STEP: Final = 8
_DARK: Final = 100  # of 255: hardly a pixel of a dark picture is brighter
_BRIGHT_SHARE: Final = 0.02  # of the pixels; a lamp in view has less
_WHITE: Final = 220
_MAX_GAIN: Final = 8.0
_GAMMA: Final = 0.7  # below 1 is brighter: the hand network finds more hands so, blurred ones above all
_WINDOW: Final = 5  # of the median, which takes noise and the blocks of JPEG away and leaves edges

# The mean difference of neighbours, in that of pixels eight times as far apart, of a picture that is 240 pixels high.
_SHARP: Final = 0.18
_SHARP_HEIGHT: Final = 240
_FAR: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Picture(Frame):
    """A frame for the networks; `is_poor` if it was too dark or too blurred as it came."""

    is_poor: bool


def improve(frame: Frame) -> Picture:
    """Return a dark or blurred frame with its noise and blocks removed, and as bright as the networks expect."""
    image = frame.image
    is_dark = _is_dark(image)
    if not is_dark and not _is_blurred(image):
        return Picture(image, frame.time, is_poor=False)
    smooth = cv2.medianBlur(image, _WINDOW)
    low, gain = 0.0, 1.0
    if is_dark:
        low, high = np.percentile(smooth[::_SAMPLE_STEP, ::_SAMPLE_STEP], (1.0, 100.0 * (1.0 - _BRIGHT_SHARE)))
        gain = min(_MAX_GAIN, _WHITE / max(1.0, high - low))
    levels = np.clip((np.arange(256) - low) * gain / 255.0, 0.0, 1.0) ** _GAMMA
    bright = cv2.LUT(smooth, np.rint(levels * 255.0).astype(np.uint8)).astype(np.uint8, copy=False)
    return Picture(bright, frame.time, is_poor=True)


def _is_dark(image: Image) -> bool:
    sample = image[::_SAMPLE_STEP, ::_SAMPLE_STEP]
    return bool(np.count_nonzero(sample > _DARK) <= _BRIGHT_SHARE * sample.size)


def _is_blurred(image: Image) -> bool:
    """Return True if neighbours hardly differ where pixels further apart do, along rows or along columns."""
    step = max(1, min(image.shape[:2]) // _SHARP_HEIGHT)
    green = image[..., 1]
    rows = green[:: step * _SAMPLE_STEP, ::step].astype(np.int16)
    columns = green[::step, :: step * _SAMPLE_STEP].T.astype(np.int16)
    return any(_near_difference(lines) < _SHARP for lines in (rows, columns))


def _near_difference(lines: NDArray[np.int16]) -> float:
    """Return the mean difference of neighbours in each line, in that of pixels further apart; 1 in an even picture."""
    far = float(np.abs(lines[:, _FAR:] - lines[:, :-_FAR]).mean()) if lines.shape[1] > _FAR else 0.0
    return float(np.abs(np.diff(lines, axis=1)).mean()) / far if far >= 1.0 else 1.0
