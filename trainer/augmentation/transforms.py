"""Random geometric and temporal transforms, which keep the model from overfitting to single recordings.

Validation and test takes are never transformed.

Shape legend: F frames, including transition frames.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from trainer.augmentation.params import AugmentationParams, Floats
from trainer.augmentation.static_hands import set_rotation_2d
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN

_MIN_FRAMES: Final = 4  # frames are dropped only if at least this many remain


class TransformConfig(NamedTuple):
    """The amounts of the transforms. Lengths are in image widths of a signer who fills the image as KArSL's do."""

    rotation: float = 0.15  # radians, whole body in the image plane
    scale: float = 0.15  # fraction, x and y independently
    shear: float = 0.1
    hand_rotation: float = 0.35  # radians, each hand about a random axis in space
    hand_scale: float = 0.15  # fraction
    hand_translation: float = 0.025  # standard deviation, each hand against the body
    hand_drift: float = 0.015  # amplitude of a slow wave added to each hand's trajectory
    jitter: float = 0.0025  # standard deviation, each point in each frame
    landmark_offset: float = 0.004  # standard deviation, each point of a hand, the same in all frames of a take
    time_warp: float = 0.35  # strength of a non-linear change of speed
    temporal_crop: float = 0.12  # fraction of the take that may be cut off at each end
    frame_dropout: float = 0.5  # fraction of the frames that are dropped at most
    hand_dropout: float = 0.25  # probability that a hand is missing for a part of the take
    hand_dropout_length: float = 0.3  # fraction of the take that this part has at most
    pose_dropout: float = 0.05  # probability that the body's points are missing throughout


@jit
def sample_transforms(params: AugmentationParams, config: TransformConfig, random: np.random.Generator) -> None:
    """Sample transforms that change takes as another recording of the same sign would differ."""
    pose, hands = params.pose, params.hands
    for take in range(len(params.times)):
        times, affine_2d = params.times[take], params.affine_2d[take]
        progress = _progress(times)
        _set_affine_2d(affine_2d, config, random)
        is_pose_missing = random.random() < config.pose_dropout
        for frame in range(len(times) if is_pose_missing else 0):
            for axis in range(3):
                pose.shift[take, 0, frame, axis] = NAN
        for row in range(3):
            for column in range(3):
                pose.linear[take, 0, row, column] = affine_2d[row, column]
        for hand in range(2):
            _set_hand(affine_2d, hands.linear[take, hand], hands.landmark_offset[take, hand], config, random)
        _warp_time(times, progress, config, random)
        _drop_frames(times, config, random)
        for hand in range(2):
            _shift_hand(times, progress, hands.shift[take, hand], config, random)
            _drop_hand(progress, hands.shift[take, hand], config, random)


@jit_internal
def _progress(times: Floats) -> NDArray[np.float64]:
    """Return times [F] scaled to 0 at the take's start and 1 at its end; 0 for padding."""
    first, last = np.inf, -np.inf
    for time in times:
        if not np.isnan(time):
            first, last = min(first, time), max(last, time)
    progress = np.zeros(len(times))
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            progress[frame] = (times[frame] - first) / max(last - first, 1e-3)
    return progress


@jit_internal
def _set_affine_2d(affine_2d: Floats, config: TransformConfig, random: np.random.Generator) -> None:
    """Rotate, scale and shear in the image plane; depth is scaled as x is."""
    set_rotation_2d(random.uniform(-config.rotation, config.rotation), affine_2d)
    scale_x = random.uniform(1 - config.scale, 1 + config.scale)
    scale_y = random.uniform(1 - config.scale, 1 + config.scale)
    for row in range(3):
        affine_2d[row, 0] *= scale_x
        affine_2d[row, 1] *= scale_y
        affine_2d[row, 2] *= scale_x
    affine_2d[0, 1] += random.uniform(-config.shear, config.shear)


@jit_internal
def _set_hand(
    affine_2d: Floats, linear: Floats, landmark_offset: Floats, config: TransformConfig, random: np.random.Generator
) -> None:
    """Rotate a hand about its wrist, by Rodrigues' formula for rotation vectors, scale it and offset its landmarks."""
    x = random.uniform(-config.hand_rotation, config.hand_rotation)
    y = random.uniform(-config.hand_rotation, config.hand_rotation)
    z = random.uniform(-config.hand_rotation, config.hand_rotation)
    size = random.uniform(1 - config.hand_scale, 1 + config.hand_scale)
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
            linear[row, column] = (
                left[0] * affine_2d[0, column] + left[1] * affine_2d[1, column] + left[2] * affine_2d[2, column]
            )
    for number in range(WRIST + 1, landmark_offset.shape[1]):
        u, v, w = random.standard_normal(), random.standard_normal(), random.standard_normal()
        for row in range(3):
            left = own[row]
            landmark_offset[row, number] = config.landmark_offset * (left[0] * u + left[1] * v + left[2] * w)


@jit_internal
def _shift_hand(
    times: Floats,
    progress: NDArray[np.float64],
    shift: Floats,
    config: TransformConfig,
    random: np.random.Generator,
) -> None:
    """Shift a hand's trajectory [F, 3] by a constant and a slow wave."""
    for axis in range(3):
        constant = config.hand_translation * random.standard_normal()
        phase, rate = random.uniform(0.0, 2 * math.pi), random.uniform(math.pi, 3 * math.pi)
        for frame in range(len(progress)):
            if not np.isnan(times[frame]):
                shift[frame, axis] = constant + config.hand_drift * math.sin(progress[frame] * rate + phase)


@jit_internal
def _drop_hand(
    progress: NDArray[np.float64], shift: Floats, config: TransformConfig, random: np.random.Generator
) -> None:
    """Hide a hand for a part of the take, as trackers lose it."""
    start, length = random.random(), random.uniform(0.0, config.hand_dropout_length)
    if random.random() < config.hand_dropout:
        for frame in range(len(progress)):
            if start <= progress[frame] <= start + length:
                for axis in range(3):
                    shift[frame, axis] = NAN


@jit_internal
def _warp_time(
    times: Floats, progress: NDArray[np.float64], config: TransformConfig, random: np.random.Generator
) -> None:
    """Warp time by a power function plus a half wave, both increasing monotonically."""
    power = math.exp(random.uniform(-config.time_warp, config.time_warp))
    wave = random.uniform(-config.time_warp, config.time_warp) / (2 * math.pi)
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            warped = progress[frame] ** power
            times[frame] = warped + wave * math.sin(2 * math.pi * warped)


@jit_internal
def _drop_frames(times: Floats, config: TransformConfig, random: np.random.Generator) -> None:
    """Crop the ends and drop frames in between, unless too few would remain; dropped frames become padding."""
    progress = _progress(times)
    head = random.uniform(-config.temporal_crop, config.temporal_crop)
    tail = random.uniform(-config.temporal_crop, config.temporal_crop)
    rate = random.uniform(0.0, config.frame_dropout)
    is_dropped = np.zeros(len(times), np.bool_)
    count, remaining = 0, 0
    for frame in range(len(times)):
        if not np.isnan(times[frame]):
            is_dropped[frame] = progress[frame] < head or progress[frame] > 1 - tail or random.random() < rate
            count += 1
            remaining += not is_dropped[frame]
    if remaining >= min(count, _MIN_FRAMES):
        for frame in range(len(times)):
            if is_dropped[frame]:
                times[frame] = NAN
