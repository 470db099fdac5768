"""Points as a take's file holds them: int16 steps of 1/8192 of the image's width."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.frame import Points

STEPS_PER_UNIT: Final = 8192
MISSING: Final = -32768


def quantise(points: Points) -> NDArray[np.int16]:
    """Convert points in image widths to int16 steps as stored; NaN becomes MISSING."""
    steps = np.clip(np.rint(points * STEPS_PER_UNIT), MISSING + 1, -MISSING - 1)
    return np.where(np.isnan(steps), MISSING, steps).astype(np.int16)


def dequantise(steps: NDArray[np.int16]) -> Points:
    """Convert stored steps to points in image widths, float32; MISSING becomes NaN."""
    points = steps.astype(np.float32)
    points /= STEPS_PER_UNIT
    points[steps == MISSING] = np.nan
    return points
