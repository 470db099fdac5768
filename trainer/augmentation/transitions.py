"""Adds transitions before and after takes (movement epenthesis), as the spotter cuts them from a running stream.

The clips of a data set are trimmed to the sign. A stream is not: before a sign the hands rise from the rest pose or
come from the sign before, after it they sink again, and an idle hand may rest in view. Without this augmentation a
model with 99 % accuracy on clips recognises half of the signs in a stream.

Shape legend: B takes, E ends (before and after the sign), K frames of a transition. A posture is a pose [11, 3] and
hands [2, 21, 3].
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams, Floats, PartParams
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, point
from trainer.model.features import ELBOWS, WRISTS

_MAX_IDLE_VISIBLE: Final = 0.2  # a hand visible in a smaller fraction of a take's frames is idle
_MAX_IDLE_RANGE: Final = 0.25  # shoulder widths that the wrist of a visible idle hand covers at most ...
_MIN_IDLE_DEPTH: Final = 0.7  # ... at this depth below the shoulders at least
_MIN_STEP_S: Final = 1 / 60  # from one transition frame to the next


class TransitionConfig(NamedTuple):
    """The probabilities and durations of transitions."""

    probability: float = 0.75  # of a transition before the sign and, independently, after it
    max_duration_s: float = 0.35  # from one posture to the other
    from_rest_pose: float = 0.6  # fraction of transitions from or to the rest pose instead of another sign
    rest_hands_visible: float = 0.6  # fraction of rest poses with the hands in view
    idle_hand_visible: float = 0.5  # fraction of these in which an idle hand is visible during the sign as well
    idle_hand_dropout: float = 0.5  # probability that an idle hand that was recorded in view is removed


class RestPoses(NamedTuple):
    """The rest pose of each take's signer, both hands in the lap; hands out of view are NaN."""

    pose: Floats  # [B, 11, 3]
    hands: Floats  # [B, 2, 21, 3]

    @classmethod
    def allocate(cls, params: AugmentationParams) -> Self:
        """Return arrays of zeros for the takes of the parameters."""
        return cls(np.zeros_like(params.pose.position[:, 0]), np.zeros_like(params.hands.position))


def add_transitions(
    batch: RawBatch,
    params: AugmentationParams,
    stats: TakeStats,
    config: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Add transitions before and after takes, and move idle hands out of view or into the lap."""
    rest, neighbours = RestPoses.allocate(params), random.permutation(len(params.times))
    _drop_idle_hands(params.hands, stats, config, random)
    _set_rest_poses(batch, params.pose, params.hands, stats, rest, random)
    _rest_idle_hands(params.pose, params.hands, stats, rest, config, random)
    _record_end_postures(batch, params.pose, params.hands)
    _sample_transitions(batch, params, stats, rest, neighbours, config, random)


@jit
def _drop_idle_hands(
    hands: PartParams, stats: TakeStats, config: TransitionConfig, random: np.random.Generator
) -> None:
    """Remove a hand that rests beside a signing hand.

    One signer's idle hand is in the image and another's is not, which says nothing about the sign.
    """
    for take in range(len(stats.shoulder_width)):
        count, idle = 0, 0
        for hand in range(2):
            depth = stats.wrist_height[take, hand] + hands.translation[take, hand, 1] - stats.shoulder_centre[take, 1]
            wrist_range = stats.wrist_range[take, hand] / stats.shoulder_width[take]
            # False for a hand that is never visible, whose depth is NaN.
            if depth > _MIN_IDLE_DEPTH * stats.shoulder_width[take] and wrist_range < _MAX_IDLE_RANGE:
                count, idle = count + 1, hand
        if random.random() < config.idle_hand_dropout and count == 1:
            for axis in range(3):
                hands.translation[take, idle, axis] = NAN


@jit
def _set_rest_poses(
    batch: RawBatch,
    pose: PartParams,
    hands: PartParams,
    stats: TakeStats,
    rest: RestPoses,
    random: np.random.Generator,
) -> None:
    """Place both hands in the lap, with the shape of their first visible frame.

    A hand that is never visible gets the mirrored shape of the other.
    """
    for take in range(len(stats.shoulder_width)):
        centre, width = stats.shoulder_centre[take], stats.shoulder_width[take]
        body = rest.pose[take]
        _get_pose(batch, take, 0, pose, body)
        for hand in range(2):
            _get_hand(batch, take, stats.first_visible[take, hand], hands, hand, rest.hands[take, hand])
            _subtract_root(rest.hands[take, hand], WRIST)
        for hand in range(2):
            own, other = rest.hands[take, hand], rest.hands[take, 1 - hand]
            if np.isnan(own[WRIST, 0]):
                for number in range(len(own)):
                    own[number, 0], own[number, 1], own[number, 2] = (
                        -other[number, 0],
                        other[number, 1],
                        other[number, 2],
                    )
        for hand in range(2):
            own, outward = rest.hands[take, hand], 1.0 if hand == 0 else -1.0
            wrist_x = centre[0] + outward * random.uniform(0.05, 0.4) * width
            wrist_y = centre[1] + random.uniform(0.9, 1.4) * width
            body[WRISTS[hand], 0], body[WRISTS[hand], 1] = wrist_x, wrist_y
            body[ELBOWS[hand], 0], body[ELBOWS[hand], 1] = centre[0] + outward * 0.65 * width, centre[1] + 0.75 * width
            for number in range(len(own)):
                own[number, 0] += wrist_x
                own[number, 1] += wrist_y


@jit
def _rest_idle_hands(
    pose: PartParams,
    hands: PartParams,
    stats: TakeStats,
    rest: RestPoses,
    config: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Keep an idle hand in the lap for the whole take, with its wrist and elbow, or hide the hands of the rest pose."""
    for take in range(len(stats.shoulder_width)):
        are_hands_visible = random.random() < config.rest_hands_visible
        is_idle_hand_visible = random.random() < config.idle_hand_visible
        for hand in range(2):
            is_idle = stats.visible_fraction[take, hand] < _MAX_IDLE_VISIBLE or np.isnan(
                hands.translation[take, hand, 0]
            )
            is_resting = are_hands_visible and is_idle_hand_visible and is_idle
            for number in range(rest.hands.shape[2]):
                for axis in range(3):
                    if is_resting:
                        hands.is_static[take, hand, number] = True
                        hands.position[take, hand, number, axis] = rest.hands[take, hand, number, axis]
                    if not are_hands_visible:
                        rest.hands[take, hand, number, axis] = NAN
            for number in (WRISTS[hand], ELBOWS[hand]):
                for axis in range(3 if is_resting else 0):
                    pose.is_static[take, 0, number] = True
                    pose.position[take, 0, number, axis] = rest.pose[take, number, axis]


@jit
def _record_end_postures(batch: RawBatch, pose: PartParams, hands: PartParams) -> None:
    """Write the postures of each take's first and last frame as the start of its transitions."""
    for take in range(len(batch.starts)):
        for end in range(2):
            frame = 0 if end == 0 else batch.lengths[take] - 1
            _get_pose(batch, take, frame, pose, pose.start[take, end, 0])
            for hand in range(2):
                _get_hand(batch, take, frame, hands, hand, hands.start[take, end, hand])


@jit
def _sample_transitions(
    batch: RawBatch,
    params: AugmentationParams,
    stats: TakeStats,
    rest: RestPoses,
    neighbours: NDArray[np.int64],
    config: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Add a transition before and after each take, from and to the rest pose or its neighbour's posture, or none."""
    pose, hands = params.pose, params.hands
    frames = params.times.shape[1]
    for take in range(len(batch.starts)):
        last, neighbour, here = batch.lengths[take] - 1, neighbours[take], stats.shoulder_centre[take]
        duration = batch.times[batch.starts[take] + last] - batch.times[batch.starts[take]]
        step = max(duration / max(last, 1), _MIN_STEP_S)
        for end in range(2):
            full_duration = config.max_duration_s * random.uniform(0.4, 1.0)
            fraction = random.random()
            shown_duration = full_duration * fraction if random.random() < config.probability else 0.0
            # The other posture is the rest pose, or the other end of the neighbour, moved to this signer's position.
            if random.random() < config.from_rest_pose:
                _place(rest.pose[take], 1.0, here, here, pose.stop[take, end, 0])
                for hand in range(2):
                    _place(rest.hands[take, hand], 1.0, here, here, hands.stop[take, end, hand])
            else:
                scale = stats.shoulder_width[take] / stats.shoulder_width[neighbour]
                there = stats.shoulder_centre[neighbour]
                _place(pose.start[neighbour, 1 - end, 0], scale, there, here, pose.stop[take, end, 0])
                for hand in range(2):
                    _place(hands.start[neighbour, 1 - end, hand], scale, there, here, hands.stop[take, end, hand])
            for number in range(TRANSITION_FRAMES):
                # Before the sign, the first transition frame is the farthest from it.
                distance_s = step * (TRANSITION_FRAMES - number if end == 0 else number + 1)
                slot = end * TRANSITION_FRAMES + number
                if distance_s <= shown_duration:
                    params.times[take, number if end == 0 else frames - TRANSITION_FRAMES + number] = (
                        -distance_s if end == 0 else duration + distance_s
                    )
                blend = min(distance_s / full_duration, 1.0)
                pose.blend[take, 0, slot] = blend
                for hand in range(2):
                    _blend_hand(take, end, slot, hand, blend, pose, hands)


@jit_internal
def _blend_hand(take: int, end: int, slot: int, hand: int, blend: float, pose: PartParams, hands: PartParams) -> None:
    """Place a hand on the straight line from the take's posture to the other one.

    A hand that is visible in only one of them keeps its shape and follows the pose's wrist, for its half of the
    transition.
    """
    hands.blend[take, hand, slot] = blend
    lacks_start = np.isnan(hands.start[take, end, hand, WRIST, 0])
    lacks_stop = np.isnan(hands.stop[take, end, hand, WRIST, 0])
    if lacks_start or lacks_stop:
        is_first = blend < 0.5
        is_lacking = lacks_start if is_first else lacks_stop
        hands.blend[take, hand, slot] = 0.0 if is_first else 1.0
        for axis in range(3):
            start, stop = pose.start[take, end, 0, WRISTS[hand], axis], pose.stop[take, end, 0, WRISTS[hand], axis]
            offset = start + blend * (stop - start) - (start if is_first else stop)
            hands.offset[take, hand, slot, axis] = np.nan if is_lacking else offset


@jit_internal
def _get_pose(batch: RawBatch, take: int, frame: int, pose: PartParams, out: Floats) -> None:
    """Write the body's points [11, 3] in a recorded frame, with the augmentations sampled so far."""
    for number in range(len(out)):
        for axis in range(3):
            out[number, axis] = pose.position[take, 0, number, axis]
            if not pose.is_static[take, 0, number]:
                out[number, axis] += point(batch, take, frame, batch.pose[0, number], axis)


@jit_internal
def _get_hand(batch: RawBatch, take: int, frame: int, hands: PartParams, hand: int, out: Floats) -> None:
    """Write a hand's points [21, 3] in a recorded frame, with the augmentations sampled so far."""
    x = point(batch, take, frame, batch.hands[hand, WRIST], 0)
    y = point(batch, take, frame, batch.hands[hand, WRIST], 1)
    z = point(batch, take, frame, batch.hands[hand, WRIST], 2)
    for number in range(len(out)):
        u = point(batch, take, frame, batch.hands[hand, number], 0) - x
        v = point(batch, take, frame, batch.hands[hand, number], 1) - y
        w = point(batch, take, frame, batch.hands[hand, number], 2) - z
        for axis in range(3):
            wrist = (x, y, z)[axis] + hands.translation[take, hand, axis]
            rotation = hands.rotation[take, hand, axis]
            moved = rotation[0] * u + rotation[1] * v + rotation[2] * w + wrist
            is_static = hands.is_static[take, hand, number]
            out[number, axis] = hands.position[take, hand, number, axis] if is_static else moved


@jit_internal
def _subtract_root(points: Floats, root: int) -> None:
    """Make points [P, 3] relative to one of them."""
    for axis in range(3):
        origin = points[root, axis]
        for number in range(len(points)):
            points[number, axis] -= origin


@jit_internal
def _place(points: Floats, scale: float, there: NDArray[np.float64], here: NDArray[np.float64], out: Floats) -> None:
    """Write points [P, 3] moved from one shoulder centre to another and scaled."""
    for number in range(len(points)):
        for axis in range(3):
            out[number, axis] = (points[number, axis] - there[axis]) * scale + here[axis]
