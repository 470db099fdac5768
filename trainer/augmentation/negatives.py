"""Turns takes of signs into negatives, takes that are "no sign".

There are three kinds: the end of one sign joined to the beginning of the next, hands that rest in the lap, and a
transition without its sign.

Shape legend: B takes, F frames, including transition frames.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams, Floats, PartParams
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, is_visible, point
from trainer.model.features import WRISTS

_REST_FRACTION: Final = 0.2  # of the negatives
_TRANSITION_FRACTION: Final = 0.5  # of the negatives, where a take has a transition
_MIN_TRANSITION_FRAMES: Final = 2
_FRAME_RATE: Final = 30.0  # frames per second of negatives with new times
_REST_MOTION: Final = 0.1  # motion scale of a resting hand


def make_negatives(
    batch: RawBatch, params: AugmentationParams, stats: TakeStats, fraction: float, random: np.random.Generator
) -> None:
    """Turn takes into negatives, each with the probability `fraction`."""
    count = len(params.times)
    neighbours, chosen = random.permutation(count), random.random(count) < fraction
    _sample_negatives(batch, params, stats, params.times.copy(), neighbours, chosen, random)


@jit
def _sample_negatives(
    batch: RawBatch,
    params: AugmentationParams,
    stats: TakeStats,
    times: Floats,
    neighbours: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    random: np.random.Generator,
) -> None:
    """Turn the chosen takes into negatives. `times` [B, F] are the times of all takes before."""
    for take in range(len(times)):
        if chosen[take]:
            params.is_negative[take] = True
            kind, is_before = random.random(), random.random() < 0.5
            if kind < _REST_FRACTION:
                for frame in range(times.shape[1]):
                    number = frame - TRANSITION_FRAMES
                    is_recorded = 0 <= number < batch.lengths[take]
                    params.times[take, frame] = number / _FRAME_RATE if is_recorded else NAN
                _rest_hands(batch, take, params.pose, params.hands, stats, random)
            elif kind < 1.0 - _TRANSITION_FRACTION or not _keep_transition(times[take], params.times[take], is_before):
                _join_neighbour(take, neighbours[take], times, params.times, params.takes, params.frames)


@jit_internal
def _keep_transition(times: Floats, out: Floats, prefer_before: bool) -> bool:  # noqa: FBT001 - a random value
    """Remove all but the transition before or after the sign; return False if neither has enough frames."""
    before = after = 0
    for number in range(TRANSITION_FRAMES):
        before += not np.isnan(times[number])
        after += not np.isnan(times[len(times) - 1 - number])
    if before < _MIN_TRANSITION_FRAMES and after < _MIN_TRANSITION_FRAMES:
        return False
    is_before = before >= _MIN_TRANSITION_FRAMES and (prefer_before or after < _MIN_TRANSITION_FRAMES)
    for frame in range(len(out)):
        if (frame >= TRANSITION_FRAMES) if is_before else (frame < len(out) - TRANSITION_FRAMES):
            out[frame] = NAN
    return True


@jit_internal
def _join_neighbour(
    take: int,
    neighbour: int,
    times: Floats,
    out: Floats,
    takes: NDArray[np.int64],
    frames: NDArray[np.int64],
) -> None:
    """Join the last third of a take to the first third of its neighbour, which may itself be at rest."""
    own, others = np.flatnonzero(~np.isnan(times[take])), np.flatnonzero(~np.isnan(times[neighbour]))
    own_count, other_count = (len(own) + 2) // 3, (len(others) + 2) // 3
    for number in range(out.shape[1]):
        out[take, number] = number / _FRAME_RATE if number < own_count + other_count else NAN
        if number < own_count:
            frames[take, number] = own[len(own) - own_count + number]
        elif number < own_count + other_count:
            takes[take, number], frames[take, number] = neighbour, others[number - own_count]


@jit_internal
def _rest_hands(
    batch: RawBatch, take: int, pose: PartParams, hands: PartParams, stats: TakeStats, random: np.random.Generator
) -> None:
    """Place both hands in the lap for the whole take, with a small fraction of their motion."""
    for hand in range(2):
        outward, number = 1.0 if hand == 0 else -1.0, WRISTS[hand]
        aside, down = random.uniform(0.1, 0.4), random.uniform(0.95, 1.25)
        x = stats.shoulder_centre[take, 0] + outward * aside * stats.shoulder_width[take]
        y = stats.shoulder_centre[take, 1] + down * stats.shoulder_width[take]
        pose.is_static[take, 0, number] = True
        position = pose.position[take, 0, number]
        position[0], position[1], position[2] = x, y, 0.0
        is_in_view = not np.isnan(hands.translation[take, hand, 0])
        if is_in_view and not hands.is_static[take, hand, WRIST]:
            hands.motion_scale[take, hand] = _REST_MOTION
            hands.translation[take, hand, 0] = x - _REST_MOTION * _mean_wrist(batch, take, hand, 0)
            hands.translation[take, hand, 1] = y - _REST_MOTION * _mean_wrist(batch, take, hand, 1)
            hands.translation[take, hand, 2] = -_REST_MOTION * _mean_wrist(batch, take, hand, 2)


@jit_internal
def _mean_wrist(batch: RawBatch, take: int, hand: int, axis: int) -> float:
    """Return the mean coordinate of a wrist over the frames that show it; NaN if none does."""
    count, total = 0, 0.0
    for frame in range(batch.lengths[take]):
        if is_visible(batch, take, frame, hand):
            count, total = count + 1, total + float(point(batch, take, frame, batch.hands[hand, WRIST], axis))
    return total / count if count else np.nan
