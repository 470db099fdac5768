"""The parts of a frame that workers receive for a preview beside the joints: its shape and a reduced image."""

import math
from typing import Final

from PIL import Image

from landmarkers.frame import Frame

_DEFAULT_ASPECT: Final = 0.75  # of a replayed take, whose frames have no image


def aspect_of(frame: Frame) -> float:
    """Return the image's height divided by its width."""
    height, width = frame.image.shape[:2]
    return height / width if has_image(frame) else _DEFAULT_ASPECT


def has_image(frame: Frame) -> bool:
    """Return True if the frame has an image; those of a replayed take have none."""
    return frame.image.size > 0


def reduced_image(frame: Frame, max_width: int) -> Image.Image:
    """Return the frame's image, which must exist, reduced by a whole factor to at most this width."""
    return Image.fromarray(frame.image).reduce(math.ceil(frame.image.shape[1] / max_width))
