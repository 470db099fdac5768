"""Shows takes with the ways on which the arms come and go, as the spotter cuts them from a running stream.

The clips of a data set are trimmed to the sign. A stream is not: before it hands rise from the lap or from the sign
before, after it they sink again, and a hand that takes no part may lie in view. Without this a network that reads 99 %
of clips reads half of what is signed in a stream.

Shape legend: B takes, E ends (the first frame and the last), K frames of a way. A posture is a pose [11, 3] and hands
[2, 21, 3].
"""

from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import SLOTS, AugmentationParams, Floats, PartParams
from trainer.augmentation.take_stats import TakeStats
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, point
from trainer.model.features import ELBOWS, WRISTS

_HARDLY_SEEN: Final = 0.2  # of a sign's frames: a hand seen in fewer rests
_IDLE: Final = 0.25  # shoulder widths within which an idle hand stays ...
_LOW: Final = 0.7  # ... and so far below the shoulders
_SHORTEST_STEP: Final = 1 / 60  # seconds from one frame of a way to the next


class TransitionConfig(NamedTuple):
    """How often and how long. Seconds, and shares of takes."""

    probability: float = 0.75  # that a way comes before; and, apart from that, after
    max_duration_s: float = 0.35  # from one posture to the other
    from_rest_pose: float = 0.6  # of the ways lead to or from the lap, the others to or from another sign
    rest_hands_visible: float = 0.6  # of the laps are in view, and hands in them
    idle_hand_visible: float = 0.5  # of these, a hand that takes no part lies in view during the sign as well
    idle_hand_dropout: float = 0.5  # of the hands that take no part and were recorded in view are out of it


class RestPoses(NamedTuple):
    """The signer of each take with both hands in the lap; hands that are not in view are NaN."""

    pose: Floats  # [B, 11, 3]
    hands: Floats  # [B, 2, 21, 3]

    @classmethod
    def of(cls, sketch: AugmentationParams) -> Self:
        """Room for them."""
        return cls(np.zeros_like(sketch.pose.place[:, 0]), np.zeros_like(sketch.hands.place))


def add_transitions(
    recorded: RawBatch,
    sketch: AugmentationParams,
    traits: TakeStats,
    ways: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Put ways before and after takes, and hands that take no part out of view or in the lap."""
    laps, neighbours = RestPoses.of(sketch), random.permutation(len(sketch.times))
    _lose_idle(sketch.hands, traits, ways, random)
    _rest(recorded, sketch.pose, sketch.hands, traits, laps, random)
    _keep(sketch.pose, sketch.hands, traits, laps, ways, random)
    _find_ends(recorded, sketch.pose, sketch.hands)
    _add_ways(recorded, sketch, traits, laps, neighbours, ways, random)


@jit
def _lose_idle(hands: PartParams, traits: TakeStats, ways: TransitionConfig, random: np.random.Generator) -> None:
    """Put a hand that lies still and low beside a hand that signs out of view.

    One signer's idle hand lies in the picture and another's does not, which says nothing of the sign.
    """
    for take in range(len(traits.width)):
        idle, number = 0, 0
        for hand in range(2):
            below = traits.height[take, hand] + hands.lead[take, hand, 1] - traits.middle[take, 1]
            strayed = traits.strayed[take, hand] / traits.width[take]
            if below > _LOW * traits.width[take] and strayed < _IDLE:  # no for a hand that is not seen
                idle, number = idle + 1, hand
        if random.random() < ways.idle_hand_dropout and idle == 1:
            for axis in range(3):
                hands.lead[take, number, axis] = NAN


@jit
def _rest(
    recorded: RawBatch,
    pose: PartParams,
    hands: PartParams,
    traits: TakeStats,
    laps: RestPoses,
    random: np.random.Generator,
) -> None:
    """Lay both hands in the lap, shaped as where they are first seen; one that never is as the other's mirror image."""
    for take in range(len(traits.width)):
        middle, width = traits.middle[take], traits.width[take]
        body = laps.pose[take]
        _pose_at(recorded, take, 0, pose, body)
        for hand in range(2):
            _hand_at(recorded, take, traits.first[take, hand], hands, hand, laps.hands[take, hand])
            _see_from(laps.hands[take, hand], WRIST)
        for hand in range(2):
            own, other = laps.hands[take, hand], laps.hands[take, 1 - hand]
            if np.isnan(own[WRIST, 0]):
                for number in range(len(own)):
                    own[number, 0], own[number, 1], own[number, 2] = (
                        -other[number, 0],
                        other[number, 1],
                        other[number, 2],
                    )
        for hand in range(2):
            own, out = laps.hands[take, hand], 1.0 if hand == 0 else -1.0
            wrist_x = middle[0] + out * random.uniform(0.05, 0.4) * width
            wrist_y = middle[1] + random.uniform(0.9, 1.4) * width
            body[WRISTS[hand], 0], body[WRISTS[hand], 1] = wrist_x, wrist_y
            body[ELBOWS[hand], 0], body[ELBOWS[hand], 1] = middle[0] + out * 0.65 * width, middle[1] + 0.75 * width
            for number in range(len(own)):
                own[number, 0] += wrist_x
                own[number, 1] += wrist_y


@jit
def _keep(
    pose: PartParams,
    hands: PartParams,
    traits: TakeStats,
    laps: RestPoses,
    ways: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Lay a hand that the take hardly shows into the lap for the whole take, wrist and elbow too, or hide the lap."""
    for take in range(len(traits.width)):
        is_in_view, is_kept = random.random() < ways.rest_hands_visible, random.random() < ways.idle_hand_visible
        for hand in range(2):
            hardly = traits.shown[take, hand] < _HARDLY_SEEN or np.isnan(hands.lead[take, hand, 0])
            stays = is_in_view and is_kept and hardly
            for number in range(laps.hands.shape[2]):
                for axis in range(3):
                    if stays:
                        hands.still[take, hand, number] = True
                        hands.place[take, hand, number, axis] = laps.hands[take, hand, number, axis]
                    if not is_in_view:
                        laps.hands[take, hand, number, axis] = NAN
            for number in (WRISTS[hand], ELBOWS[hand]):
                for axis in range(3 if stays else 0):
                    pose.still[take, 0, number] = True
                    pose.place[take, 0, number, axis] = laps.pose[take, number, axis]


@jit
def _find_ends(recorded: RawBatch, pose: PartParams, hands: PartParams) -> None:
    """Write down what takes look like in their first frame and in their last."""
    for take in range(len(recorded.starts)):
        for end in range(2):
            frame = 0 if end == 0 else recorded.lengths[take] - 1
            _pose_at(recorded, take, frame, pose, pose.start[take, end, 0])
            for hand in range(2):
                _hand_at(recorded, take, frame, hands, hand, hands.start[take, end, hand])


@jit
def _add_ways(
    recorded: RawBatch,
    sketch: AugmentationParams,
    traits: TakeStats,
    laps: RestPoses,
    neighbours: NDArray[np.int64],
    ways: TransitionConfig,
    random: np.random.Generator,
) -> None:
    """Put a way before each take and one behind it, from and to the lap or its neighbour's posture, or none."""
    pose, hands = sketch.pose, sketch.hands
    frames = sketch.times.shape[1]
    for take in range(len(recorded.starts)):
        last, neighbour, here = recorded.lengths[take] - 1, neighbours[take], traits.middle[take]
        duration = recorded.times[recorded.starts[take] + last] - recorded.times[recorded.starts[take]]
        step = max(duration / max(last, 1), _SHORTEST_STEP)
        for end in range(2):
            whole = ways.max_duration_s * random.uniform(0.4, 1.0)
            part = random.random()
            shown = whole * part if random.random() < ways.probability else 0.0
            # It comes from, or leads to, the lap, or the other end of the neighbour, laid where this signer is.
            if random.random() < ways.from_rest_pose:
                _lay(laps.pose[take], 1.0, here, here, pose.stop[take, end, 0])
                for hand in range(2):
                    _lay(laps.hands[take, hand], 1.0, here, here, hands.stop[take, end, hand])
            else:
                scale, there = traits.width[take] / traits.width[neighbour], traits.middle[neighbour]
                _lay(pose.start[neighbour, 1 - end, 0], scale, there, here, pose.stop[take, end, 0])
                for hand in range(2):
                    _lay(hands.start[neighbour, 1 - end, hand], scale, there, here, hands.stop[take, end, hand])
            for number in range(SLOTS):
                # Before the sign the farthest comes first.
                away = step * (SLOTS - number if end == 0 else number + 1)
                slot = end * SLOTS + number
                if away <= shown:
                    sketch.times[take, number if end == 0 else frames - SLOTS + number] = (
                        -away if end == 0 else duration + away
                    )
                share = min(away / whole, 1.0)
                pose.share[take, 0, slot] = share
                for hand in range(2):
                    _carry(take, end, slot, hand, share, pose, hands)


@jit_internal
def _carry(take: int, end: int, slot: int, hand: int, share: float, pose: PartParams, hands: PartParams) -> None:
    """Put a hand at a share of the straight way from the take's posture to the other one.

    A hand that only one of them shows keeps its shape and goes with the pose's wrist, for its half of the way.
    """
    hands.share[take, hand, slot] = share
    lacks_start = np.isnan(hands.start[take, end, hand, WRIST, 0])
    lacks_stop = np.isnan(hands.stop[take, end, hand, WRIST, 0])
    if lacks_start or lacks_stop:
        is_first = share < 0.5
        is_lacking = lacks_start if is_first else lacks_stop
        hands.share[take, hand, slot] = 0.0 if is_first else 1.0
        for axis in range(3):
            start, stop = pose.start[take, end, 0, WRISTS[hand], axis], pose.stop[take, end, 0, WRISTS[hand], axis]
            carried = start + share * (stop - start) - (start if is_first else stop)
            hands.aside[take, hand, slot, axis] = np.nan if is_lacking else carried


@jit_internal
def _pose_at(recorded: RawBatch, take: int, frame: int, pose: PartParams, out: Floats) -> None:
    """The body's points [11, 3] in a recorded frame, as far as they are changed by then."""
    for number in range(len(out)):
        for axis in range(3):
            out[number, axis] = pose.place[take, 0, number, axis]
            if not pose.still[take, 0, number]:
                out[number, axis] += point(recorded, take, frame, recorded.pose[0, number], axis)


@jit_internal
def _hand_at(recorded: RawBatch, take: int, frame: int, hands: PartParams, hand: int, out: Floats) -> None:
    """A hand's points [21, 3] in a recorded frame, as far as they are changed by then."""
    x = point(recorded, take, frame, recorded.hands[hand, WRIST], 0)
    y = point(recorded, take, frame, recorded.hands[hand, WRIST], 1)
    z = point(recorded, take, frame, recorded.hands[hand, WRIST], 2)
    for number in range(len(out)):
        u = point(recorded, take, frame, recorded.hands[hand, number], 0) - x
        v = point(recorded, take, frame, recorded.hands[hand, number], 1) - y
        w = point(recorded, take, frame, recorded.hands[hand, number], 2) - z
        for axis in range(3):
            wrist = (x, y, z)[axis] + hands.lead[take, hand, axis]
            turn = hands.turn[take, hand, axis]
            moved = turn[0] * u + turn[1] * v + turn[2] * w + wrist
            out[number, axis] = hands.place[take, hand, number, axis] if hands.still[take, hand, number] else moved


@jit_internal
def _see_from(points: Floats, root: int) -> None:
    """Points [P, 3] as seen from one of them."""
    for axis in range(3):
        from_ = points[root, axis]
        for number in range(len(points)):
            points[number, axis] -= from_


@jit_internal
def _lay(points: Floats, scale: float, there: NDArray[np.float64], here: NDArray[np.float64], out: Floats) -> None:
    """Points [P, 3] moved and resized from one place of the shoulders to another."""
    for number in range(len(points)):
        for axis in range(3):
            out[number, axis] = (points[number, axis] - there[axis]) * scale + here[axis]
