"""Augments video clips before landmark detection.

A landmark network returns slightly different points for a slightly different image, and a tracking one also depends on
the frames before. Detecting a training clip again in augmented images gives exactly this noise, which no jitter added
to points imitates.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import cv2
import numpy as np

from landmarkers.frame import Frame, Image

Change = Callable[[Image], Image]


def augment_video(frames: Iterable[Frame], clip_name: str, variant: int) -> Iterator[Frame]:
    """Yield the frames as another camera might have recorded them; the result depends only on the clip and variant.

    Odd variants are mirrored. All have one random rotation, scale, shift, brightness and blur for the whole clip, and
    every third is also dark, blurred and compressed, or small, as in a poor room or from afar.
    """
    random = np.random.default_rng((zlib.crc32(clip_name.encode()), variant))
    angle, scale = random.uniform(-7, 7), random.uniform(0.75, 1.1)
    shift = random.uniform(-0.05, 0.05, 2)
    gain, offset = random.uniform(0.7, 1.2), random.uniform(-15, 15)
    blur = random.uniform(0.0, 1.0)
    spoil = _SPOILERS[random.integers(len(_SPOILERS))](random) if variant % 3 == 0 else None
    for frame in frames:
        height, width = frame.image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        matrix[:, 2] += shift * np.array([width, height])
        image = cv2.warpAffine(frame.image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        if variant % 2 == 1:
            image = cv2.flip(image, 1)
        if blur > 0.3:
            image = cv2.GaussianBlur(image, (0, 0), blur)
        image = cv2.convertScaleAbs(image, alpha=gain, beta=offset)
        if spoil is not None:
            image = spoil(np.asarray(image).astype(np.uint8, copy=False))
        yield Frame(np.ascontiguousarray(image, np.uint8), frame.time)


def _darken(random: np.random.Generator) -> Change:
    brightness, noise = random.uniform(0.12, 0.4), random.uniform(3.0, 9.0)

    def change(image: Image) -> Image:
        dark = image * brightness + random.normal(0.0, noise, image.shape)
        return np.clip(np.rint(dark), 0, 255).astype(np.uint8)

    return change


def _blur_and_compress(random: np.random.Generator) -> Change:
    size = (int(random.integers(3, 11)), int(random.integers(1, 5)))
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(10, 41))]

    def change(image: Image) -> Image:
        _, content = cv2.imencode(".jpg", cv2.blur(image, size), quality)
        return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR)).astype(np.uint8, copy=False)

    return change


def _shrink(random: np.random.Generator) -> Change:
    margin = random.uniform(0.4, 1.2)  # above and below, in heights of the image; twice that at the sides

    def change(image: Image) -> Image:
        rows, columns = (round(margin * image.shape[0] * times) for times in (1, 2))
        framed = cv2.copyMakeBorder(image, rows, rows, columns, columns, cv2.BORDER_CONSTANT, value=(128, 128, 128))
        return np.asarray(framed).astype(np.uint8, copy=False)

    return change


_SPOILERS: Final = (_darken, _blur_and_compress, _shrink)
