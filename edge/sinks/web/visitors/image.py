"""A visitor's picture, decoded.

The reference's page cuts the square out of the camera's middle and stretches it over 320 pixels by as many as give the
camera's shape; its server never notices, for its landmarks are in shares of width and height. Ours are in widths: of a
16:9 camera's pictures taken as they come, 40 of 62 KArSL clips were read right, of those made square again 57, as many
as of the square clips themselves. Of a 4:3 camera's it makes no difference.
"""

from typing import Final

import cv2
import numpy as np

from edge.sinks.web.visitors.jpeg import ImageRefused
from landmarkers.frame import Image

_THEIR_WIDTH: Final = 320
_LONG: Final = 1.5


def decode(content: bytes, *, is_reference: bool) -> Image:
    """The picture of a JPEG that `size_of` accepts, made square where the reference's page must have stretched it.

    Raises PictureRefused.
    """
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise ImageRefused("this JPEG is damaged") from error
    if picture is None:
        raise ImageRefused("this JPEG is damaged")
    decoded: Image = np.asarray(picture, np.uint8)
    height, width = decoded.shape[:2]
    if is_reference and width == _THEIR_WIDTH and not 1 / _LONG <= width / height <= _LONG:
        side = min(width, height)
        return np.asarray(cv2.resize(decoded, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return decoded
