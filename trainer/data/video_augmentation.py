"""Other views of a clip, made before the landmark networks see it.

A landmark network answers a slightly other picture with slightly other points, and a tracked one
depends on the frames before. Extracting a training clip again from changed pictures gives that very
noise, which no jitter added to points imitates.
"""

import zlib
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from landmarkers.frame import Frame


def augment_video(frames: Iterable[Frame], clip_name: str, variant: int) -> Iterator[Frame]:
    """The frames as another camera might have seen them; the same clip and number give the same view.

    Odd variants mirror the picture. All draw one rotation, size, shift, brightness and blur for the whole
    clip, and every third drops every other frame, as a slow camera does.
    """
    draw = np.random.default_rng((zlib.crc32(clip_name.encode()), variant))
    angle, scale = draw.uniform(-7, 7), draw.uniform(0.75, 1.1)
    shift = draw.uniform(-0.05, 0.05, 2)
    gain, lift = draw.uniform(0.7, 1.2), draw.uniform(-15, 15)
    blur = draw.uniform(0.0, 1.0)
    for number, frame in enumerate(frames):
        if variant % 3 == 0 and number % 2 == 1:
            continue
        height, width = frame.image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        matrix[:, 2] += shift * np.array([width, height])
        picture = cv2.warpAffine(frame.image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        if variant % 2 == 1:
            picture = cv2.flip(picture, 1)
        if blur > 0.3:
            picture = cv2.GaussianBlur(picture, (0, 0), blur)
        lit = cv2.convertScaleAbs(picture, alpha=gain, beta=lift)
        yield Frame(np.ascontiguousarray(lit, np.uint8), frame.time)
