"""Makes takes that are no sign out of takes that are one.

Three kinds: the end of one sign and the beginning of the next, hands that rest in the lap, and the way to or from a
sign alone.

Shape legend: B takes, F frames with those of the ways.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import SLOTS, AugmentationParams, Floats, PartParams
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, is_seen, point
from trainer.model.features import WRISTS

_RESTS: Final = 0.2  # of what is no sign ...
_WAYS: Final = 0.5  # ... where a take has any
_LEAST: Final = 2  # frames of a way
_RATE: Final = 30.0  # frames a second of what has lost its times
_TREMOR: Final = 0.1  # of a hand's way is left when it rests


def make_negatives(
    recorded: RawBatch, sketch: AugmentationParams, traits: TakeStats, share: float, random: np.random.Generator
) -> None:
    """Make this share of the takes no sign, which is drawn for each of them."""
    count = len(sketch.times)
    _spoil(
        recorded, sketch, traits, sketch.times.copy(), random.permutation(count), random.random(count) < share, random
    )


@jit
def _spoil(
    recorded: RawBatch,
    sketch: AugmentationParams,
    traits: TakeStats,
    times: Floats,
    neighbours: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    random: np.random.Generator,
) -> None:
    """Make the chosen takes no sign. `times` [B, F] are what all takes had before."""
    for take in range(len(times)):
        if chosen[take]:
            sketch.is_negative[take] = True
            kind, is_first = random.random(), random.random() < 0.5
            if kind < _RESTS:
                for frame in range(times.shape[1]):
                    number = frame - SLOTS
                    is_there = 0 <= number < recorded.lengths[take]
                    sketch.times[take, frame] = number / _RATE if is_there else NAN
                _lay_down(recorded, take, sketch.pose, sketch.hands, traits, random)
            elif kind < 1.0 - _WAYS or not _leave_way(times[take], sketch.times[take], is_first):
                _pass_over(take, neighbours[take], times, sketch.times, sketch.takes, sketch.frames)


@jit_internal
def _leave_way(times: Floats, out: Floats, is_first: bool) -> bool:  # noqa: FBT001 - drawn by the caller
    """Leave of a take the way before it or after it, where there are two frames of one at least, and say whether."""
    before = after = 0
    for number in range(SLOTS):
        before += not np.isnan(times[number])
        after += not np.isnan(times[len(times) - 1 - number])
    if before < _LEAST and after < _LEAST:
        return False
    is_before = before >= _LEAST and (is_first or after < _LEAST)
    for frame in range(len(out)):
        if (frame >= SLOTS) if is_before else (frame < len(out) - SLOTS):
            out[frame] = NAN
    return True


@jit_internal
def _pass_over(
    take: int,
    neighbour: int,
    times: Floats,
    out: Floats,
    takes: NDArray[np.int64],
    frames: NDArray[np.int64],
) -> None:
    """Join the last third of a take to the first third of another one, which may itself be made to rest."""
    shown, others = np.flatnonzero(~np.isnan(times[take])), np.flatnonzero(~np.isnan(times[neighbour]))
    kept, after = (len(shown) + 2) // 3, (len(others) + 2) // 3
    for number in range(out.shape[1]):
        out[take, number] = number / _RATE if number < kept + after else NAN
        if number < kept:
            frames[take, number] = shown[len(shown) - kept + number]
        elif number < kept + after:
            takes[take, number], frames[take, number] = neighbour, others[number - kept]


@jit_internal
def _lay_down(
    recorded: RawBatch, take: int, pose: PartParams, hands: PartParams, traits: TakeStats, random: np.random.Generator
) -> None:
    """Lay both hands into the lap throughout, where they tremble as they moved."""
    for hand in range(2):
        out, number = 1.0 if hand == 0 else -1.0, WRISTS[hand]
        aside, down = random.uniform(0.1, 0.4), random.uniform(0.95, 1.25)
        x = traits.middle[take, 0] + out * aside * traits.width[take]
        y = traits.middle[take, 1] + down * traits.width[take]
        pose.still[take, 0, number] = True
        pose.place[take, 0, number, 0], pose.place[take, 0, number, 1], pose.place[take, 0, number, 2] = x, y, 0.0
        is_in_view = not np.isnan(hands.lead[take, hand, 0])
        if is_in_view and not hands.still[take, hand, WRIST]:
            hands.sway[take, hand] = _TREMOR
            hands.lead[take, hand, 0] = x - _TREMOR * _mean_of_wrist(recorded, take, hand, 0)
            hands.lead[take, hand, 1] = y - _TREMOR * _mean_of_wrist(recorded, take, hand, 1)
            hands.lead[take, hand, 2] = -_TREMOR * _mean_of_wrist(recorded, take, hand, 2)


@jit_internal
def _mean_of_wrist(recorded: RawBatch, take: int, hand: int, axis: int) -> float:
    """Over the frames that show it; NaN where none does."""
    count, total = 0, 0.0
    for frame in range(recorded.lengths[take]):
        if is_seen(recorded, take, frame, hand):
            count, total = count + 1, total + float(point(recorded, take, frame, recorded.hands[hand, WRIST], axis))
    return total / count if count else np.nan
