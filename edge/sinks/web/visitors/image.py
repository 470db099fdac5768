"""The decoding of a visitor's picture.

The research project's page cuts a square out of the middle of the camera's picture and stretches it to 320 pixels by
as many as keep the camera's aspect ratio. Its server is not affected, since its landmarks are in shares of width and
height; ours are in widths. Of 62 KArSL clips as a 16:9 camera would send them, 40 were recognised from the pictures as
sent, and 57 after making them square again, as many as from the square clips themselves. For a 4:3 camera it makes no
difference.
"""

from typing import Final

import cv2
import numpy as np

from edge.sinks.web.visitors.jpeg import MAX_PIXELS, ImageRefused
from landmarkers.frame import Image

_MIN_SIDE: Final = 16  # pixels
_REFERENCE_WIDTH: Final = 320
_MAX_ASPECT: Final = 1.5
_SIZE_CHECK: Final = "validateInputImageSize"  # in OpenCV


def decode(content: bytes, *, is_reference: bool) -> Image:
    """Decode a JPEG that `check_jpeg` accepts; make it square if the research project's page must have stretched it.

    Raises ImageRefused.
    """
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        is_too_large = error.func == _SIZE_CHECK
        reason = f"a picture of more than {MAX_PIXELS} pixels" if is_too_large else "this JPEG is damaged"
        raise ImageRefused(reason) from error
    if decoded is None:
        raise ImageRefused("this JPEG is damaged")
    image: Image = np.asarray(decoded, np.uint8)
    height, width = image.shape[:2]
    if min(width, height) < _MIN_SIDE:
        raise ImageRefused(f"a picture of {width}x{height} pixels; each side needs at least {_MIN_SIDE}")
    if is_reference and width == _REFERENCE_WIDTH and not 1 / _MAX_ASPECT <= width / height <= _MAX_ASPECT:
        side = min(width, height)
        return np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return image
