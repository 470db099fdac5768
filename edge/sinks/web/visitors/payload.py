"""The payloads that visitors send instead of pictures: the file of a take, or the landmarks of one frame.

The content is untrusted: a payload may be made to exhaust memory or to break the parser.
"""

import io
from typing import Final

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import POINT_COUNT
from landmarkers.take import Take, TakeDamaged

MAX_DURATION_S: Final = 60.0
MAX_FRAMES: Final = 1800
"""The limit for a take, however short it is."""
LANDMARKS_BYTES: Final = POINT_COUNT * 3 * 4
"""The size of the landmarks of one frame."""

_MAX_COORDINATE: Final = 4.0  # widths of the picture; a take's numbers reach no further
_NAME: Final = "what you sent"


class PayloadRefused(Exception):
    """Content that is neither a take nor landmarks; the message says why."""


def read_landmarks(content: bytes, time: float) -> Landmarks:
    """Read landmarks with this time from float32 [543, 3]. Raises PayloadRefused."""
    if len(content) != LANDMARKS_BYTES:
        raise PayloadRefused(f"landmarks are {LANDMARKS_BYTES} bytes, float32 [{POINT_COUNT}, 3], not {len(content)}")
    points = np.frombuffer(content, "<f4").reshape(POINT_COUNT, 3).astype(np.float32)
    _refuse_distant(points)
    points[np.isnan(points).any(axis=1)] = np.nan
    return Landmarks(points, time)


def read_take(content: bytes) -> Take:
    """Read a take from its file, and shift its times to begin at 0. Raises PayloadRefused."""
    try:
        take = Take.read(io.BytesIO(content), _NAME, MAX_FRAMES)
    except TakeDamaged as error:
        raise PayloadRefused(str(error)) from error
    if take.duration > MAX_DURATION_S:
        raise PayloadRefused(f"a take of more than {MAX_DURATION_S:.0f} s")
    _refuse_distant(take.points)
    return Take(take.points, take.times - take.times[0], take.provenance)


def _refuse_distant(points: np.ndarray) -> None:
    if (np.abs(points) > _MAX_COORDINATE).any():  # a comparison with NaN is false
        raise PayloadRefused("landmarks that are far outside the picture")
