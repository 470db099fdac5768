"""The payloads that visitors send instead of pictures: the landmarks of one frame, or of the frames of a take.

Both are plain arrays of numbers of one size, so that nothing in them says how they are to be read.
"""

from typing import Final

import numpy as np

from landmarkers.frame import Landmarks, Points
from landmarkers.layout import POINT_COUNT

MAX_DURATION_S: Final = 60.0
"""The limit for a take, however few frames it has."""

_FRAME: Final = np.dtype(("<f4", (POINT_COUNT, 3)))
_TIMED_FRAME: Final = np.dtype([("time", "<f8"), ("points", _FRAME)])
_MAX_COORDINATE: Final = 4.0  # widths of the picture; a take's numbers reach no further


class PayloadRefused(Exception):
    """Content that is neither landmarks nor a take; the message says why."""


def read_landmarks(content: bytes, time: float) -> Landmarks:
    """Read landmarks with this time from float32 [543, 3]. Raises PayloadRefused."""
    if len(content) != _FRAME.itemsize:
        raise PayloadRefused(f"landmarks are {_FRAME.itemsize} bytes, float32 [{POINT_COUNT}, 3], not {len(content)}")
    return Landmarks(_checked(np.frombuffer(content, _FRAME))[0], time)


def read_take(content: bytes) -> list[Landmarks]:
    """Read the frames of a take, and shift their times to begin at 0. Raises PayloadRefused."""
    size = _TIMED_FRAME.itemsize
    if not content or len(content) % size:
        raise PayloadRefused(
            f"a take is {size} bytes for each frame, a float64 and float32 [{POINT_COUNT}, 3], not {len(content)}"
        )
    frames = np.frombuffer(content, _TIMED_FRAME)
    times = frames["time"].astype(np.float64)
    if not np.isfinite(times).all() or not (np.diff(times) > 0.0).all():
        raise PayloadRefused("a take whose times do not increase")
    if times[-1] - times[0] > MAX_DURATION_S:
        raise PayloadRefused(f"a take of more than {MAX_DURATION_S:.0f} s")
    points = _checked(frames["points"])
    return [Landmarks(one, time) for one, time in zip(points, (times - times[0]).tolist(), strict=True)]


def _checked(points: np.ndarray) -> Points:
    """Return points [time, 543, 3] of which each is wholly seen or NaN. Raises PayloadRefused."""
    if (np.abs(points) > _MAX_COORDINATE).any():  # a comparison with NaN is false
        raise PayloadRefused("landmarks that are far outside the picture")
    checked: Points = points.astype(np.float32)
    checked[np.isnan(checked).any(axis=2)] = np.nan
    return checked
