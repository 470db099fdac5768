"""What visitors send instead of pictures: a take's file, or one frame's landmarks. Every byte of it may be a trap."""

import io
import lzma
import math
import zipfile
import zlib
from typing import Final

import numpy as np

from landmarkers.frame import Landmarks
from landmarkers.layout import POINT_COUNT
from landmarkers.take import Take, TakeDamaged

LONGEST_S: Final = 60.0
MOST_FRAMES: Final = 1800
"""Of a take, however short it is."""
LANDMARKS_BYTES: Final = POINT_COUNT * 3 * 4
"""Of one frame's landmarks."""

_MOST_BYTES: Final = 8 << 20  # of one array of a take: all points of a face that is seen in every frame take 5 MB
_LONGEST_HEADER: Final = 1000
_FARTHEST: Final = 4.0  # widths of the picture, as far as a take's numbers reach
_ENCRYPTED: Final = 1
_NAME: Final = "what you sent"


class PayloadRefused(Exception):
    """What is neither a take nor landmarks to read; the message says why."""


def read_landmarks(content: bytes, time: float) -> Landmarks:
    """Landmarks of this time from float32 [543, 3]. Raises ParcelRefused."""
    if len(content) != LANDMARKS_BYTES:
        raise PayloadRefused(f"landmarks are {LANDMARKS_BYTES} bytes, float32 [{POINT_COUNT}, 3], not {len(content)}")
    points = np.frombuffer(content, "<f4").reshape(POINT_COUNT, 3).astype(np.float32)
    _refuse_far(points)
    points[np.isnan(points).any(axis=1)] = np.nan
    return Landmarks(points, time)


def read_take(content: bytes) -> Take:
    """A take from its file, its times beginning at 0. Raises ParcelRefused."""
    try:
        _refuse_bomb(content)
        take = Take.read(io.BytesIO(content), _NAME)
    except (TakeDamaged, ValueError, OSError, EOFError, RecursionError) as error:
        raise PayloadRefused(str(error)) from error
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise PayloadRefused(f"{_NAME} is not a readable take: {error}") from error
    if not np.isfinite(take.times).all() or take.duration > LONGEST_S:
        raise PayloadRefused(f"a take of more than {LONGEST_S:.0f} s")
    _refuse_far(take.points)
    return Take(take.points, take.times - take.times[0], take.provenance)


def _refuse_bomb(content: bytes) -> None:
    """A small archive may unpack to gigabytes, and an array's header may ask for as much."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & _ENCRYPTED:
                raise PayloadRefused(f"{_NAME} is packed as no take is")
            with archive.open(entry) as file:
                if np.lib.format.read_magic(file) != (1, 0):
                    raise PayloadRefused(f"{_NAME} holds what no take does")
                shape, _, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
            if math.prod(shape) * dtype.itemsize > _MOST_BYTES or any(size > MOST_FRAMES for size in shape[:1]):
                raise PayloadRefused(f"a take of more than {MOST_FRAMES} frames")


def _refuse_far(points: np.ndarray) -> None:
    if (np.abs(points) > _FARTHEST).any():  # NaN is no more than anything
        raise PayloadRefused("landmarks that are far outside the picture")
