"""Statistics of recorded takes: the position of the signer, and the visibility and range of the hands."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import RawBatch, is_visible, point
from trainer.model.features import SHOULDERS

_DEFAULT_WIDTH: Final = 0.37  # of shoulders that no frame shows, at the centre of the image


class TakeStats(NamedTuple):
    """The statistics of B takes. Lengths are in image widths."""

    shoulder_centre: NDArray[np.float64]  # [B, 3]; the depth is 0
    shoulder_width: NDArray[np.float64]  # [B]
    has_shoulders: NDArray[np.bool_]  # [B], True if any frame shows the shoulders
    wrist_range: NDArray[np.float64]  # [B, 2], diagonal of the area that each wrist covers; 0 if never visible
    wrist_height: NDArray[np.float64]  # [B, 2], mean y of each wrist, pointing down; NaN if never visible
    visible_fraction: NDArray[np.float64]  # [B, 2], fraction of the frames that show the hand
    first_visible: NDArray[np.int64]  # [B, 2], first frame that shows the hand; 0 if none does

    @classmethod
    def of(cls, batch: RawBatch) -> Self:
        """Measure the takes of a batch."""
        count = len(batch.starts)
        stats = cls(
            shoulder_centre=np.zeros((count, 3)),
            shoulder_width=np.zeros(count),
            has_shoulders=np.zeros(count, np.bool_),
            wrist_range=np.zeros((count, 2)),
            wrist_height=np.zeros((count, 2)),
            visible_fraction=np.zeros((count, 2)),
            first_visible=np.zeros((count, 2), np.int64),
        )
        _measure(batch, stats)
        return stats


@jit
def _measure(batch: RawBatch, stats: TakeStats) -> None:
    for take in range(len(batch.starts)):
        _measure_shoulders(batch, take, stats)
        for hand in range(2):
            _measure_hand(batch, take, hand, stats)


@jit_internal
def _measure_shoulders(batch: RawBatch, take: int, stats: TakeStats) -> None:
    left, right = batch.pose[0, SHOULDERS[0]], batch.pose[0, SHOULDERS[1]]
    count, sum_x, sum_y, width = 0, 0.0, 0.0, 0.0
    for frame in range(batch.lengths[take]):
        x, y = float(point(batch, take, frame, left, 0)), float(point(batch, take, frame, left, 1))
        u, v = float(point(batch, take, frame, right, 0)), float(point(batch, take, frame, right, 1))
        if not np.isnan(x + y + u + v):
            count += 1
            sum_x, sum_y, width = sum_x + (x + u) / 2, sum_y + (y + v) / 2, width + np.hypot(x - u, y - v)
    stats.has_shoulders[take] = count > 0
    stats.shoulder_centre[take, 0], stats.shoulder_centre[take, 1] = 0.5, 0.5
    stats.shoulder_width[take] = _DEFAULT_WIDTH
    if count:
        stats.shoulder_centre[take, 0], stats.shoulder_centre[take, 1] = sum_x / count, sum_y / count
        stats.shoulder_width[take] = width / count


@jit_internal
def _measure_hand(batch: RawBatch, take: int, hand: int, stats: TakeStats) -> None:
    count, sum_y, first = 0, 0.0, 0
    min_x, max_x, min_y, max_y = np.inf, -np.inf, np.inf, -np.inf
    for frame in range(batch.lengths[take]):
        if is_visible(batch, take, frame, hand):
            x = float(point(batch, take, frame, batch.hands[hand, WRIST], 0))
            y = float(point(batch, take, frame, batch.hands[hand, WRIST], 1))
            first = frame if count == 0 else first
            count, sum_y = count + 1, sum_y + y
            min_x, max_x, min_y, max_y = min(min_x, x), max(max_x, x), min(min_y, y), max(max_y, y)
    stats.first_visible[take, hand] = first
    stats.visible_fraction[take, hand] = count / batch.lengths[take]
    stats.wrist_height[take, hand] = sum_y / count if count else np.nan
    stats.wrist_range[take, hand] = np.hypot(max_x - min_x, max_y - min_y) if count else 0.0
