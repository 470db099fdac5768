"""Augments video clips before landmark detection.

A landmark network returns slightly different points for a slightly different image, and a tracking one also depends on
the frames before. Detecting a training clip again in augmented images gives exactly this noise, which no jitter added
to points imitates.
"""

import zlib
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from landmarkers.frame import Frame


def augment_video(frames: Iterable[Frame], clip_name: str, variant: int) -> Iterator[Frame]:
    """Yield the frames as another camera might have recorded them; the result depends only on the clip and variant.

    Odd variants are mirrored. All have one random rotation, scale, shift, brightness and blur for the whole clip, and
    every third drops every other frame, as a slow camera does.
    """
    random = np.random.default_rng((zlib.crc32(clip_name.encode()), variant))
    angle, scale = random.uniform(-7, 7), random.uniform(0.75, 1.1)
    shift = random.uniform(-0.05, 0.05, 2)
    gain, offset = random.uniform(0.7, 1.2), random.uniform(-15, 15)
    blur = random.uniform(0.0, 1.0)
    for number, frame in enumerate(frames):
        if variant % 3 == 0 and number % 2 == 1:
            continue
        height, width = frame.image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        matrix[:, 2] += shift * np.array([width, height])
        image = cv2.warpAffine(frame.image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        if variant % 2 == 1:
            image = cv2.flip(image, 1)
        if blur > 0.3:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        image = cv2.convertScaleAbs(image, alpha=gain, beta=offset)
        yield Frame(np.ascontiguousarray(image, np.uint8), frame.time)
