"""A batch of takes as the store holds them, for compiled loops over all of the store's frames.

Shape legend: N frames of the whole store, C points in it, B takes, T frames of the longest, P points, G parts.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from landmarkers.quantisation import MISSING, STEPS_PER_UNIT
from trainer.data.jit import jit, jit_internal

NAN: Final = np.float32(np.nan)
_UNIT: Final = np.float32(1 / STEPS_PER_UNIT)


class RawBatch(NamedTuple):
    """The store's arrays, and the position of the batch's takes and points in them."""

    steps: NDArray[np.int16]  # [N, C, 3], quantised coordinates
    times: NDArray[np.float64]  # [N]
    starts: NDArray[np.int64]  # [B], the takes' first frames
    lengths: NDArray[np.int64]  # [B]
    pose: NDArray[np.int64]  # [1, 11], the indices among C of the points features.POSE_POINTS
    hands: NDArray[np.int64]  # [2, 21], left and right

    def frame_indices(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return the indices of the takes' frames in the store, [B, T], and a mask that is False for padding."""
        number = np.arange(self.lengths.max())
        lengths = self.lengths[:, None]
        return self.starts[:, None] + np.minimum(number, lengths - 1), number < lengths

    def relative_times(self) -> NDArray[np.float32]:
        """Return the seconds since each take began, [B, T]; NaN for padding."""
        frames, mask = self.frame_indices()
        times = self.times[frames]
        return np.where(mask, times - times[:, :1], np.nan).astype(np.float32)


@jit_internal
def point(batch: RawBatch, take: int, frame: int, column: int, axis: int) -> np.floating[Any]:
    """Return one coordinate of a point in image widths; NaN where the point is missing."""
    return coordinate(batch.steps[batch.starts[take] + frame, column, axis])


@jit_internal
def coordinate(step: np.int16) -> np.floating[Any]:
    """Dequantise a stored step to image widths; NaN for a missing point."""
    return NAN if step == MISSING else step * _UNIT


@jit_internal
def is_visible(batch: RawBatch, take: int, frame: int, hand: int) -> bool:
    """Return True if the frame shows the hand."""
    return bool(batch.steps[batch.starts[take] + frame, batch.hands[hand, WRIST], 0] != MISSING)


@jit
def decode(batch: RawBatch, columns: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Write points [B, G, 3, T, P] of the columns [G, P]; NaN for missing points and padding."""
    takes, parts, _, frames, count = out.shape
    for take in range(takes):
        for part in range(parts):
            for axis in range(3):
                for frame in range(frames):
                    if frame < batch.lengths[take]:
                        for number in range(count):
                            out[take, part, axis, frame, number] = point(
                                batch, take, frame, columns[part, number], axis
                            )
                    else:
                        for number in range(count):
                            out[take, part, axis, frame, number] = NAN
