"""The shape of pixels: landmarks in image widths are right only where pixels are square."""

from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Image

_MIN_ASPECT: Final = 0.25
_MAX_ASPECT: Final = 4.0
_SQUARE: Final = 0.01  # a ratio so near to 1 is the rounding of an encoder


def reported_aspect(width: float, height: float) -> float:
    """Return the width of a pixel in heights as a stream tells it; 1.0 where it tells nothing or nonsense."""
    aspect = width / height if width > 0.0 and height > 0.0 else 1.0
    return aspect if _MIN_ASPECT <= aspect <= _MAX_ASPECT else 1.0


def to_square_pixels(image: Image, aspect: float) -> Image:
    """Return the image with square pixels, given the width of a pixel in heights; nothing is lost."""
    if abs(aspect - 1.0) < _SQUARE:
        return image
    height, width = image.shape[:2]
    size = (round(width * aspect), height) if aspect > 1.0 else (width, round(height / aspect))
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
