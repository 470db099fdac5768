"""Changes training takes so that the network learns the sign and not the recording.

Validation and test takes never pass here.

Shape legend: F frames, with those of the ways.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import AugmentationParams, Floats
from trainer.augmentation.static_hands import turn_in_plane
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN

_LEAST: Final = 4  # frames that stay where more are lost than may be


class TransformConfig(NamedTuple):
    """How much to change. Lengths are in picture widths of a signer who fills the picture as KArSL's do."""

    rotation: float = 0.15  # radians, whole body in the picture plane
    scale: float = 0.15  # share, x and y apart
    shear: float = 0.1
    hand_rotation: float = 0.35  # radians, each hand about an axis of its own in space
    hand_scale: float = 0.15  # share
    hand_translation: float = 0.025  # each hand's place against the body
    hand_drift: float = 0.015  # a slow wave on each hand's way
    jitter: float = 0.0025  # each point in each frame
    landmark_offset: float = 0.004  # each point of a hand, the same in all frames of a take
    time_warp: float = 0.35  # how unevenly time runs
    temporal_crop: float = 0.12  # share of the take that may be missing at each end
    frame_dropout: float = 0.5  # at most this share of the frames
    hand_dropout: float = 0.25  # chance that a hand goes unseen for a while
    hand_dropout_length: float = 0.3  # for at most this share of the take
    pose_dropout: float = 0.05  # chance that the body's points are lost throughout


@jit
def augment(sketch: AugmentationParams, by: TransformConfig, random: np.random.Generator) -> None:
    """Change takes as another recording of the same sign differs from it."""
    pose, hands = sketch.pose, sketch.hands
    for take in range(len(sketch.times)):
        times, plane = sketch.times[take], sketch.plane[take]
        shares = _shares(times)
        _change_plane(plane, by, random)
        is_lost = random.random() < by.pose_dropout
        for frame in range(len(times) if is_lost else 0):
            for axis in range(3):
                pose.shift[take, 0, frame, axis] = NAN
        for row in range(3):
            for column in range(3):
                pose.whole_turn[take, 0, row, column] = plane[row, column]
        for hand in range(2):
            _turn_hand(plane, hands.whole_turn[take, hand], hands.bend[take, hand], by, random)
        _warp(times, shares, by, random)
        _drop_frames(times, by, random)
        for hand in range(2):
            _lead_astray(times, shares, hands.shift[take, hand], by, random)
            _hide(shares, hands.shift[take, hand], by, random)


@jit_internal
def _shares(times: Floats) -> NDArray[np.float64]:
    """Times [F] as a share of their take, 0 to 1; NaN in padding becomes 0."""
    first, last = np.inf, -np.inf
    for time in times:
        if not np.isnan(time):
            first, last = min(first, time), max(last, time)
    shares = np.zeros(len(times))
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            shares[frame] = (times[frame] - first) / max(last - first, 1e-3)
    return shares


@jit_internal
def _change_plane(plane: Floats, by: TransformConfig, random: np.random.Generator) -> None:
    """Turn, stretch and shear; depth stretches as width does."""
    turn_in_plane(random.uniform(-by.rotation, by.rotation), plane)
    wide, high = random.uniform(1 - by.scale, 1 + by.scale), random.uniform(1 - by.scale, 1 + by.scale)
    for row in range(3):
        plane[row, 0] *= wide
        plane[row, 1] *= high
        plane[row, 2] *= wide
    plane[0, 1] += random.uniform(-by.shear, by.shear)


@jit_internal
def _turn_hand(plane: Floats, turn: Floats, bend: Floats, by: TransformConfig, random: np.random.Generator) -> None:
    """Turn a hand about its wrist, by the formula of Rodrigues for rotation vectors, resize it and bend its fingers."""
    x = random.uniform(-by.hand_rotation, by.hand_rotation)
    y = random.uniform(-by.hand_rotation, by.hand_rotation)
    z = random.uniform(-by.hand_rotation, by.hand_rotation)
    size = random.uniform(1 - by.hand_scale, 1 + by.hand_scale)
    angle = max(math.sqrt(x * x + y * y + z * z), 1e-6)
    x, y, z = x / angle, y / angle, z / angle
    cos, sin = math.cos(angle), math.sin(angle)
    own = (
        (size * (cos + x * x * (1 - cos)), size * (x * y * (1 - cos) - z * sin), size * (x * z * (1 - cos) + y * sin)),
        (size * (y * x * (1 - cos) + z * sin), size * (cos + y * y * (1 - cos)), size * (y * z * (1 - cos) - x * sin)),
        (size * (z * x * (1 - cos) - y * sin), size * (z * y * (1 - cos) + x * sin), size * (cos + z * z * (1 - cos))),
    )
    for row in range(3):
        left = own[row]
        for column in range(3):
            turn[row, column] = left[0] * plane[0, column] + left[1] * plane[1, column] + left[2] * plane[2, column]
    for number in range(WRIST + 1, bend.shape[1]):
        u, v, w = random.standard_normal(), random.standard_normal(), random.standard_normal()
        for row in range(3):
            left = own[row]
            bend[row, number] = by.landmark_offset * (left[0] * u + left[1] * v + left[2] * w)


@jit_internal
def _lead_astray(
    times: Floats, shares: NDArray[np.float64], shift: Floats, by: TransformConfig, random: np.random.Generator
) -> None:
    """Lead a hand's way [F, 3] elsewhere: a step aside and a slow wave."""
    for axis in range(3):
        aside = by.hand_translation * random.standard_normal()
        phase, rate = random.uniform(0.0, 2 * math.pi), random.uniform(math.pi, 3 * math.pi)
        for frame in range(len(shares)):
            if not np.isnan(times[frame]):
                shift[frame, axis] = aside + by.hand_drift * math.sin(shares[frame] * rate + phase)


@jit_internal
def _hide(shares: NDArray[np.float64], shift: Floats, by: TransformConfig, random: np.random.Generator) -> None:
    """Lose a hand from sight for a stretch, as trackers do."""
    start, length = random.random(), random.uniform(0.0, by.hand_dropout_length)
    if random.random() < by.hand_dropout:
        for frame in range(len(shares)):
            if start <= shares[frame] <= start + length:
                for axis in range(3):
                    shift[frame, axis] = NAN


@jit_internal
def _warp(times: Floats, shares: NDArray[np.float64], by: TransformConfig, random: np.random.Generator) -> None:
    """Let time run faster here and slower there: a power of it plus a half wave, both growing throughout."""
    power = math.exp(random.uniform(-by.time_warp, by.time_warp))
    wave = random.uniform(-by.time_warp, by.time_warp) / (2 * math.pi)
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            run = shares[frame] ** power
            times[frame] = run + wave * math.sin(2 * math.pi * run)


@jit_internal
def _drop_frames(times: Floats, by: TransformConfig, random: np.random.Generator) -> None:
    """Cut the ends and lose frames in between, unless too few would stay; lost frames become padding."""
    shares = _shares(times)
    head, tail = (
        random.uniform(-by.temporal_crop, by.temporal_crop),
        random.uniform(-by.temporal_crop, by.temporal_crop),
    )
    rate = random.uniform(0.0, by.frame_dropout)
    lost = np.zeros(len(times), np.bool_)
    shown, kept = 0, 0
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            lost[frame] = shares[frame] < head or shares[frame] > 1 - tail or random.random() < rate
            shown += 1
            kept += not lost[frame]
    if kept >= min(shown, _LEAST):
        for frame in range(len(times)):
            if lost[frame]:
                times[frame] = NAN
