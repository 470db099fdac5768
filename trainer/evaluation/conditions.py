"""Changes clips as a poor room or camera would, to measure what landmarks and words survive it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Frame, Image, Points

_SEED: Final = 1
_TOLERANCE_S: Final = 0.002  # of the frames' times
_FAR_SIZE: Final = (1280, 720)
_GREY: Final = (128, 128, 128)

Matrix = NDArray[np.float64]
Size = tuple[int, int]


def _stay(_width: int, _height: int) -> tuple[Matrix, Size]:
    return np.eye(2, 3), (_width, _height)


@dataclass(frozen=True, slots=True)
class Condition:
    """One change of a clip: of each picture, of where things stand in it, and of how often a picture comes.

    `place` returns, for a picture's width and height, the matrix [2, 3] by which `change` moves its pixels, and the
    changed picture's width and height.
    """

    change: Callable[[Image, np.random.Generator], Image] = lambda image, _random: image
    place: Callable[[int, int], tuple[Matrix, Size]] = _stay
    interval_s: float = 0.0

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the changed frames of a clip, the same at every call."""
        random = np.random.default_rng(_SEED)
        next_s = 0.0
        for frame in frames:
            if frame.time >= next_s - _TOLERANCE_S:
                next_s += self.interval_s
                yield Frame(self.change(frame.image, random), frame.time)

    def move(self, points: Points, width: int, height: int) -> Points:
        """Return where points [..., 3], in widths of a picture of this size, are in the changed picture."""
        matrix, (new_width, _) = self.place(width, height)
        scale = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
        moved = points * np.float32(scale * width / new_width)
        moved[..., :2] = (points[..., :2] * width @ matrix[:, :2].T + matrix[:, 2]) / new_width
        return moved


def _darken(image: Image, random: np.random.Generator) -> Image:
    noise = random.normal(0.0, 7.0, image.shape)
    return np.clip(np.rint(image * 0.18 + noise), 0, 255).astype(np.uint8)


def _blur(image: Image, _random: np.random.Generator) -> Image:
    blurred = cv2.cvtColor(cv2.blur(image, (9, 3)), cv2.COLOR_RGB2BGR)
    _, content = cv2.imencode(".jpg", blurred, [cv2.IMWRITE_JPEG_QUALITY, 15])
    return _uint8(cv2.imdecode(content, cv2.IMREAD_COLOR_RGB))


def _make_grey(image: Image, _random: np.random.Generator) -> Image:
    return _uint8(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))


def _shrink(image: Image, _random: np.random.Generator) -> Image:
    (matrix, (width, height)) = _far(image.shape[1], image.shape[0])
    left, top = (round(offset) for offset in matrix[:, 2].tolist())
    small = cv2.resize(image, None, fx=matrix[0, 0], fy=matrix[0, 0], interpolation=cv2.INTER_AREA)
    right, bottom = width - left - small.shape[1], height - top - small.shape[0]
    return _uint8(cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT, value=_GREY))


def _far(width: int, height: int) -> tuple[Matrix, Size]:
    new_width, new_height = _FAR_SIZE
    scale = new_height / 3 / height
    return np.array(
        [[scale, 0, (new_width - width * scale) / 2], [0, scale, (new_height - height * scale) / 2]]
    ), _FAR_SIZE


def _turn(image: Image, _random: np.random.Generator) -> Image:
    matrix, size = _tilted(image.shape[1], image.shape[0])
    return _uint8(cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE))


def _tilted(width: int, height: int) -> tuple[Matrix, Size]:
    return cv2.getRotationMatrix2D((width / 2, height / 2), 25.0, 1.0).astype(np.float64), (width, height)


def _uint8(image: Any) -> Image:
    return np.asarray(image).astype(np.uint8, copy=False)


AS_RECORDED: Final = "as recorded"
CONDITIONS: Final[Mapping[str, Condition]] = {
    AS_RECORDED: Condition(),
    "dark": Condition(_darken),
    "blurred": Condition(_blur),
    "far": Condition(_shrink, _far),
    "tilted": Condition(_turn, _tilted),
    "10 frames a second": Condition(interval_s=0.1),
    "black and white": Condition(_make_grey),
}
