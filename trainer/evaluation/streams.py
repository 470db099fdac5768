"""Running streams made of recorded takes, of which it is known which sign is signed when.

A stream is one person before one camera: rest, then signs with rest between them or one straight after another,
then rest. Signs and rest are recordings. Only the ways between them are made up, as straight ones: arms travel on
them from the last pose of one piece to the first of the next. Times are in seconds, and the same seed gives the
same streams.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import HANDS, LEFT_SHOULDER, LEFT_WRIST, PART_SLICES, RIGHT_SHOULDER, RIGHT_WRIST, Part
from landmarkers.take import Provenance, Take
from models.activity_detection import is_hand_raised

REST_BELOW: Final = 1.0  # shoulder widths below the shoulders, as the spotter measures a raised hand
MIN_REST_S: Final = 0.3  # hands that lie for less are on their way
REST_S: Final = (0.6, 1.5)
LAST_REST_S: Final = 2.0  # long enough for any spotter to end the last sign
TRANSITION_TO_REST_S: Final = (0.15, 0.3)
TRANSITION_TO_SIGN_S: Final = (0.2, 0.35)
_SETTLE_S: Final = 0.1  # from the moment that the hands are down until they lie still
_FINE_S: Final = 1 / 30
_HARDLY_SEEN: Final = 0.2  # of a sign's frames: a hand seen in fewer rests

_POSE: Final = PART_SLICES[Part.POSE].start
_WRISTS: Final = {Part.LEFT_HAND: _POSE + LEFT_WRIST, Part.RIGHT_HAND: _POSE + RIGHT_WRIST}

Times = NDArray[np.float64]


class RestVisibility(StrEnum):
    """What the camera sees of hands that rest.

    Where the lap is in view, `MIXED` shows them at rest and on the ways only, as the recordings do: the clips of
    one-handed signs lack the other hand. `KEPT` lets that hand lie in view during the sign as well. `UNSEEN` is a
    camera that does not show the lap.
    """

    MIXED = "mixed"
    ALWAYS = "kept"
    NEVER = "unseen"


@dataclass(frozen=True, slots=True)
class ReferenceSign:
    """A sign in a stream: which, from which clip, and from when to when in the stream's seconds."""

    sign_id: int
    clip: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class StreamPlan:
    """Which takes of whom follow each other in a stream, with rest between them or without."""

    signer: str
    with_rest: bool
    takes: tuple[Take, ...]
    seed: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One person signing: the poses recorded, at irregular times, and the signs among them in order."""

    signer: str
    with_rest: bool
    recorded: Take
    signed: tuple[ReferenceSign, ...]


@dataclass(frozen=True, slots=True)
class Shoulders:
    """Where somebody's shoulders are: their middle and their width, in picture widths."""

    x: float
    y: float
    width: float


def rest_segments(take: Take) -> list[Take]:
    """The stretches of a take in which both hands are in view and lie still below."""
    lies = take.visible(Part.LEFT_HAND) & take.visible(Part.RIGHT_HAND)
    lies &= ~np.array([is_hand_raised(landmarks, REST_BELOW) for landmarks in take.landmarks()])
    found = []
    for down, numbers in groupby(range(len(take)), key=lambda number: bool(lies[number])):
        here = np.array(list(numbers))
        still = here[take.times[here] >= take.times[here[0]] + _SETTLE_S]
        if down and len(still) and take.times[still[-1]] - take.times[still[0]] >= MIN_REST_S:
            found.append(Take(take.points[still], take.times[still] - take.times[still[0]], take.provenance))
    return found


def plan_streams(takes: Sequence[Take], words: int, seed: int) -> list[StreamPlan]:
    """Plans of streams of at most so many words, by one signer each; each take is in one with rest, one without."""
    by_signer: dict[str, list[Take]] = {}
    for take in takes:
        by_signer.setdefault(take.provenance.signer or "unknown", []).append(take)
    plans = []
    for number, (signer, own) in enumerate(sorted(by_signer.items())):
        order = np.array(_order(own, np.random.default_rng([seed, number])))
        for piece_number, piece in enumerate(np.array_split(order, math.ceil(len(own) / words))):
            chosen = tuple(own[n] for n in piece)
            plans += [StreamPlan(signer, rest, chosen, (seed, number, piece_number)) for rest in (True, False)]
    return plans


def make_stream(plan: StreamPlan, rests: Sequence[Take], lap: RestVisibility = RestVisibility.MIXED) -> Stream:
    """The stream of a plan, everything in it laid onto the shoulders of its first take."""
    random = np.random.default_rng(plan.seed)
    place = shoulders_of(plan.takes[0])
    hands = [align_shoulders(_unseen_hands(rest) if lap is RestVisibility.NEVER else rest, place) for rest in rests]
    resting = _any_of(hands, random)
    pieces: list[tuple[float, Take]] = [(0.0, _start_anywhere(resting, random.uniform(*REST_S), random))]
    for number, take in enumerate(plan.takes):
        if number > 0 and plan.with_rest:
            resting = _any_of(hands, random)
            rest = _start_anywhere(resting, random.uniform(*REST_S), random)
            pieces.append((random.uniform(*TRANSITION_TO_REST_S), rest))
        way = random.uniform(*(TRANSITION_TO_REST_S if number == 0 or plan.with_rest else TRANSITION_TO_SIGN_S))
        sign = align_shoulders(take, place)
        pieces.append((way, _keep_resting(sign, resting) if lap is RestVisibility.ALWAYS else sign))
    pieces.append((random.uniform(*TRANSITION_TO_REST_S), _start_anywhere(_any_of(hands, random), LAST_REST_S, random)))
    recorded, starts = _join(pieces)
    signed = tuple(
        ReferenceSign(piece.provenance.sign_id, piece.provenance.clip, start, start + piece.duration)
        for (_, piece), start in zip(pieces, starts, strict=True)
        if piece.provenance.sign_id is not None
    )
    return Stream(plan.signer, plan.with_rest, recorded, signed)


def rest_stream(rests: Sequence[Take], seconds: float, random: np.random.Generator) -> Take:
    """Somebody who rests for so long, and now and then lays the hands otherwise."""
    place = shoulders_of(rests[0])
    pieces: list[tuple[float, Take]] = []
    while sum(way + piece.duration for way, piece in pieces) < seconds:
        piece = _start_anywhere(align_shoulders(_any_of(rests, random), place), random.uniform(*REST_S), random)
        pieces.append((random.uniform(*TRANSITION_TO_REST_S) if pieces else 0.0, piece))
    return _join(pieces)[0]


def simulate_camera(recorded: Take, rate: float, drop: float, random: np.random.Generator) -> Take:
    """What a camera of this many frames a second sees of it when this share of its frames is dropped."""
    first = random.uniform(0.0, 1.0 / rate)
    times = recorded.times[0] + np.arange(first, max(recorded.duration, first + 1e-6), 1.0 / rate)
    kept = random.random(len(times)) >= drop
    kept[0] = True
    return resample(recorded, times[kept])


def resample(recorded: Take, times: Times) -> Take:
    """The poses at any times, on the straight way between the two recorded before and after.

    What only one of these two sees is seen while that one is the nearer; a hand is then carried along by its wrist.
    """
    after = np.clip(np.searchsorted(recorded.times, times), min(1, len(recorded) - 1), len(recorded) - 1)
    before = np.maximum(after - 1, 0)
    span = np.maximum(recorded.times[after] - recorded.times[before], 1e-9)
    share = np.clip((times - recorded.times[before]) / span, 0.0, 1.0).astype(np.float32)[:, None, None]
    first, second = recorded.points[before], recorded.points[after]
    nearest = np.where(share < 0.5, first, second)
    between = first + share * (second - first)
    seen = np.where(np.isnan(between), nearest, between)
    for hand in HANDS:
        wrist, where = _WRISTS[hand], PART_SLICES[hand]
        carried = nearest[:, where] + np.nan_to_num(between[:, wrist] - nearest[:, wrist])[:, None]
        seen[:, where] = np.where(np.isnan(between[:, where]), carried, between[:, where])
    return Take(seen, times, recorded.provenance)


def shoulders_of(take: Take) -> Shoulders:
    """Where the shoulders are in a take, in the middle of what its frames say."""
    left, right = take.points[:, _POSE + LEFT_SHOULDER, :2], take.points[:, _POSE + RIGHT_SHOULDER, :2]
    x, y = np.nanmedian((left + right) / 2, axis=0)
    return Shoulders(float(x), float(y), float(np.nanmedian(np.linalg.norm(left - right, axis=-1))))


def align_shoulders(take: Take, place: Shoulders) -> Take:
    """The take with its shoulders at another place, as large as they are there."""
    own = shoulders_of(take)
    middle = np.array([own.x, own.y, 0.0], np.float32)
    there = np.array([place.x, place.y, 0.0], np.float32)
    points = (take.points - middle) * np.float32(place.width / own.width) + there
    return Take(points, take.times, take.provenance)


def loop_rest(rest: Take, clock: Times, start: float = 0.0) -> Take:
    """A rest played forwards and backwards from somewhere in it, at the times of a clock however long."""
    swing = np.abs((clock + start + rest.duration) % (2 * rest.duration) - rest.duration)
    moments, back = np.unique(swing, return_inverse=True)
    return Take(resample(rest, moments).points[back], clock, replace(rest.provenance, clip="rest", sign_id=None))


def _start_anywhere(rest: Take, seconds: float, random: np.random.Generator) -> Take:
    return loop_rest(rest, np.arange(0.0, seconds, _FINE_S), random.uniform(0.0, 2 * rest.duration))


def _any_of(rests: Sequence[Take], random: np.random.Generator) -> Take:
    return rests[int(random.integers(len(rests)))]


def _join(pieces: Sequence[tuple[float, Take]]) -> tuple[Take, list[float]]:
    """The pieces one after another, each after a way of so many seconds, and when each starts."""
    clock, times, starts = 0.0, [], []
    for way, piece in pieces:
        times.append(piece.times - piece.times[0] + clock + way)
        starts.append(float(times[-1][0]))
        clock = float(times[-1][-1])
    first = pieces[0][1].provenance
    points = np.concatenate([piece.points for _, piece in pieces])
    return Take(points, np.concatenate(times), Provenance("stream", first.landmarker)), starts


def _unseen_hands(take: Take) -> Take:
    points = take.points.copy()
    for hand in HANDS:
        points[:, PART_SLICES[hand]] = np.nan
    return replace(take, points=points)


def _keep_resting(sign: Take, rest: Take) -> Take:
    """The sign, with a hand that it does not show resting in view, wrist and all."""
    points, below = sign.points.copy(), loop_rest(rest, sign.times - sign.times[0]).points
    for hand in HANDS:
        if sign.visible(hand).mean() < _HARDLY_SEEN:
            points[:, PART_SLICES[hand]] = below[:, PART_SLICES[hand]]
            points[:, _WRISTS[hand]] = below[:, _WRISTS[hand]]
    return replace(sign, points=points)


def _order(takes: Sequence[Take], random: np.random.Generator) -> list[int]:
    """The takes' numbers in a random order in which, as far as can be, no sign follows itself."""
    left = [int(number) for number in random.permutation(len(takes))]
    order: list[int] = []
    while left:
        last = takes[order[-1]].provenance.sign_id if order else None
        order.append(next((number for number in left if takes[number].provenance.sign_id != last), left[0]))
        left.remove(order[-1])
    return order
