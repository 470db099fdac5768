"""What a recorded take is like: where its signer is, and what the hands do."""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import RawBatch, is_seen, point
from trainer.model.features import SHOULDERS

_USUAL_WIDTH: Final = 0.37  # of shoulders that are not seen, in the picture's middle


class TakeStats(NamedTuple):
    """Of each of B takes. Lengths are in picture widths."""

    middle: NDArray[np.float64]  # [B, 3], of the shoulders; their depth is not asked for
    width: NDArray[np.float64]  # [B], of the shoulders
    is_placed: NDArray[np.bool_]  # [B], whether the shoulders are seen at all
    strayed: NDArray[np.float64]  # [B, 2], how far each hand's wrist strays; 0 for one that is not seen
    height: NDArray[np.float64]  # [B, 2], of each wrist on average, downwards; NaN for one that is not seen
    shown: NDArray[np.float64]  # [B, 2], the share of the frames that show the hand
    first: NDArray[np.int64]  # [B, 2], the first of them; 0 where none does

    @classmethod
    def of(cls, recorded: RawBatch) -> Self:
        """The traits of some takes."""
        count = len(recorded.starts)
        traits = cls(
            np.zeros((count, 3)),
            np.zeros(count),
            np.zeros(count, np.bool_),
            np.zeros((count, 2)),
            np.zeros((count, 2)),
            np.zeros((count, 2)),
            np.zeros((count, 2), np.int64),
        )
        _look(recorded, traits)
        return traits


@jit
def _look(recorded: RawBatch, traits: TakeStats) -> None:
    for take in range(len(recorded.starts)):
        _look_at_shoulders(recorded, take, traits)
        for hand in range(2):
            _look_at_hand(recorded, take, hand, traits)


@jit_internal
def _look_at_shoulders(recorded: RawBatch, take: int, traits: TakeStats) -> None:
    left, right = recorded.pose[0, SHOULDERS[0]], recorded.pose[0, SHOULDERS[1]]
    count, across, down, width = 0, 0.0, 0.0, 0.0
    for frame in range(recorded.lengths[take]):
        x, y = float(point(recorded, take, frame, left, 0)), float(point(recorded, take, frame, left, 1))
        u, v = float(point(recorded, take, frame, right, 0)), float(point(recorded, take, frame, right, 1))
        if not np.isnan(x + y + u + v):
            count += 1
            across, down, width = across + (x + u) / 2, down + (y + v) / 2, width + np.hypot(x - u, y - v)
    traits.is_placed[take] = count > 0
    traits.middle[take, 0], traits.middle[take, 1], traits.width[take] = 0.5, 0.5, _USUAL_WIDTH
    if count:
        traits.middle[take, 0], traits.middle[take, 1] = across / count, down / count
        traits.width[take] = width / count


@jit_internal
def _look_at_hand(recorded: RawBatch, take: int, hand: int, traits: TakeStats) -> None:
    count, total, first = 0, 0.0, 0
    least_x, most_x, least_y, most_y = np.inf, -np.inf, np.inf, -np.inf
    for frame in range(recorded.lengths[take]):
        if is_seen(recorded, take, frame, hand):
            x = float(point(recorded, take, frame, recorded.hands[hand, WRIST], 0))
            y = float(point(recorded, take, frame, recorded.hands[hand, WRIST], 1))
            first = frame if count == 0 else first
            count, total = count + 1, total + y
            least_x, most_x, least_y, most_y = min(least_x, x), max(most_x, x), min(least_y, y), max(most_y, y)
    traits.first[take, hand] = first
    traits.shown[take, hand] = count / recorded.lengths[take]
    traits.height[take, hand] = total / count if count else np.nan
    traits.strayed[take, hand] = np.hypot(most_x - least_x, most_y - least_y) if count else 0.0
