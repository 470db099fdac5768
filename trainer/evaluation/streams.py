"""Synthesises continuous signing from recorded takes, with the times of every sign known.

A stream is one person in front of one camera (signs of several people are moved onto one's shoulders): rest, then
signs with rest between them or one directly after another, then rest. Signs and rest are recordings. Only the
transitions between them are synthetic: arms move on a straight line from the last pose of one part to the first pose
of the next. Times are in seconds, and the same seed produces the same streams.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from landmarkers.take import Provenance, Take
from trainer.evaluation.rest import RestVisibility, add_idle_hands, hide_hands, loop_rest
from trainer.evaluation.shoulders import align_shoulders, shoulders_of

REST_S: Final = (0.6, 1.5)
LAST_REST_S: Final = 2.0  # long enough for any spotter to end the last sign
TRANSITION_TO_REST_S: Final = (0.15, 0.3)
TRANSITION_TO_SIGN_S: Final = (0.2, 0.35)
_REST_STEP_S: Final = 1 / 30


@dataclass(frozen=True, slots=True)
class ReferenceSign:
    """A sign in a stream: its number, its clip, and its start and end in seconds of the stream."""

    sign_id: int
    clip: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class StreamPlan:
    """The takes that follow each other in a stream, of one signer or of several, with rest between them or without."""

    signer: str
    with_rest: bool
    takes: tuple[Take, ...]
    seed: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One person signing: the poses, at irregular times, and the signs among them in order."""

    signer: str
    with_rest: bool
    recorded: Take
    signed: tuple[ReferenceSign, ...]


def plan_streams(takes: Sequence[Take], words: int, seed: int, *, mix_signers: bool = False) -> list[StreamPlan]:
    """Plan streams of at most `words` signs; each take is in one with rest and one without.

    Each is of one signer or, with `mix_signers`, of signs drawn from all signers.
    """
    signers = [take.provenance.signer or "unknown" for take in takes]
    everybody = ", ".join(sorted(set(signers)))
    by_signer: dict[str, list[Take]] = {}
    for take, signer in zip(takes, signers, strict=True):
        by_signer.setdefault(everybody if mix_signers else signer, []).append(take)
    plans = []
    for number, (signer, own) in enumerate(sorted(by_signer.items())):
        order = np.array(_shuffle(own, np.random.default_rng([seed, number])))
        for part_number, part in enumerate(np.array_split(order, math.ceil(len(own) / words))):
            chosen = tuple(own[n] for n in part)
            plans += [StreamPlan(signer, rest, chosen, (seed, number, part_number)) for rest in (True, False)]
    return plans


def make_stream(plan: StreamPlan, rests: Sequence[Take], rest_visible: RestVisibility = RestVisibility.MIXED) -> Stream:
    """Make the stream of a plan, with everything in it moved onto the shoulders of its first take."""
    random = np.random.default_rng(plan.seed)
    shoulders = shoulders_of(plan.takes[0])
    hidden = rest_visible is RestVisibility.NEVER
    own_rests = [align_shoulders(hide_hands(rest) if hidden else rest, shoulders) for rest in rests]
    resting = _choose(own_rests, random)
    parts: list[tuple[float, Take]] = [(0.0, _play_from_anywhere(resting, random.uniform(*REST_S), random))]
    for number, take in enumerate(plan.takes):
        if number > 0 and plan.with_rest:
            resting = _choose(own_rests, random)
            rest = _play_from_anywhere(resting, random.uniform(*REST_S), random)
            parts.append((random.uniform(*TRANSITION_TO_REST_S), rest))
        to_rest = number == 0 or plan.with_rest
        transition = random.uniform(*(TRANSITION_TO_REST_S if to_rest else TRANSITION_TO_SIGN_S))
        sign = align_shoulders(take, shoulders)
        parts.append((transition, add_idle_hands(sign, resting) if rest_visible is RestVisibility.ALWAYS else sign))
    transition = random.uniform(*TRANSITION_TO_REST_S)
    parts.append((transition, _play_from_anywhere(_choose(own_rests, random), LAST_REST_S, random)))
    recorded, starts = _concatenate(parts)
    signed = tuple(
        ReferenceSign(part.provenance.sign_id, part.provenance.clip, start, start + part.duration)
        for (_, part), start in zip(parts, starts, strict=True)
        if part.provenance.sign_id is not None
    )
    return Stream(plan.signer, plan.with_rest, recorded, signed)


def rest_stream(rests: Sequence[Take], seconds: float, random: np.random.Generator) -> Take:
    """Make a stream of a person who rests for so many seconds and moves the hands now and then."""
    shoulders = shoulders_of(rests[0])
    parts: list[tuple[float, Take]] = []
    while sum(transition + part.duration for transition, part in parts) < seconds:
        rest = align_shoulders(_choose(rests, random), shoulders)
        part = _play_from_anywhere(rest, random.uniform(*REST_S), random)
        parts.append((random.uniform(*TRANSITION_TO_REST_S) if parts else 0.0, part))
    return _concatenate(parts)[0]


def _play_from_anywhere(rest: Take, seconds: float, random: np.random.Generator) -> Take:
    return loop_rest(rest, np.arange(0.0, seconds, _REST_STEP_S), random.uniform(0.0, 2 * rest.duration))


def _choose(rests: Sequence[Take], random: np.random.Generator) -> Take:
    return rests[int(random.integers(len(rests)))]


def _concatenate(parts: Sequence[tuple[float, Take]]) -> tuple[Take, list[float]]:
    """Join parts, each after a transition of so many seconds; return the take and when each part starts."""
    end, times, starts = 0.0, [], []
    for transition, part in parts:
        times.append(part.times - part.times[0] + end + transition)
        starts.append(float(times[-1][0]))
        end = float(times[-1][-1])
    landmarker = parts[0][1].provenance.landmarker
    points = np.concatenate([part.points for _, part in parts])
    return Take(points, np.concatenate(times), Provenance("stream", landmarker)), starts


def _shuffle(takes: Sequence[Take], random: np.random.Generator) -> list[int]:
    """Return the takes' indices in a random order in which no sign follows itself, as far as possible."""
    left = [int(index) for index in random.permutation(len(takes))]
    order: list[int] = []
    while left:
        last = takes[order[-1]].provenance.sign_id if order else None
        order.append(next((index for index in left if takes[index].provenance.sign_id != last), left[0]))
        left.remove(order[-1])
    return order
