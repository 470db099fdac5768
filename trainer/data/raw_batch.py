"""Takes as a store holds them, for compiled loops: a few takes, a batch, among all of the store's frames.

Shape legend: N frames of the whole store, C points in it, B takes, T frames of the longest, P points, G limbs.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from landmarkers.take import MISSING, STEPS_PER_UNIT
from trainer.data.jit import jit, jit_internal

NAN: Final = np.float32(np.nan)
_UNIT: Final = np.float32(1 / STEPS_PER_UNIT)


class RawBatch(NamedTuple):
    """Some takes, and where their points lie."""

    steps: NDArray[np.int16]  # [N, C, 3]
    times: NDArray[np.float64]  # [N]
    starts: NDArray[np.int64]  # [B], the takes' first frames
    lengths: NDArray[np.int64]  # [B]
    pose: NDArray[np.int64]  # [1, 11], which of the C are the points of preprocess.POSE_POINTS
    hands: NDArray[np.int64]  # [2, 21], left and right

    def frame_indices(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where the takes' frames stand in the store, [B, T], and which of them are no padding."""
        number = np.arange(self.lengths.max())
        lengths = self.lengths[:, None]
        return self.starts[:, None] + np.minimum(number, lengths - 1), number < lengths

    def relative_times(self) -> NDArray[np.float32]:
        """Seconds since each take began, [B, T]; NaN in padding."""
        frames, inside = self.frame_indices()
        times = self.times[frames]
        return np.where(inside, times - times[:, :1], np.nan).astype(np.float32)


@jit_internal
def point(recorded: RawBatch, take: int, frame: int, column: int, axis: int) -> np.floating[Any]:
    """A coordinate in picture widths; NaN where the point was not seen."""
    return coordinate(recorded.steps[recorded.starts[take] + frame, column, axis])


@jit_internal
def coordinate(step: np.int16) -> np.floating[Any]:
    """A stored step as a coordinate in picture widths; NaN for what was not seen."""
    return NAN if step == MISSING else step * _UNIT


@jit_internal
def is_seen(recorded: RawBatch, take: int, frame: int, hand: int) -> bool:
    """Whether the frame shows the hand."""
    return bool(recorded.steps[recorded.starts[take] + frame, recorded.hands[hand, WRIST], 0] != MISSING)


@jit
def decode(recorded: RawBatch, columns: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Points [B, G, 3, T, P] of the columns [G, P]; NaN unseen and where a take has ended."""
    takes, limbs, _, frames, count = out.shape
    for take in range(takes):
        for limb in range(limbs):
            for axis in range(3):
                for frame in range(frames):
                    if frame < recorded.lengths[take]:
                        for number in range(count):
                            out[take, limb, axis, frame, number] = point(
                                recorded, take, frame, columns[limb, number], axis
                            )
                    else:
                        for number in range(count):
                            out[take, limb, axis, frame, number] = NAN
