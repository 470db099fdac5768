"""Applies augmentation parameters on the CPU, in one pass over memory and only for frames that are not padding.

Shape legend: B takes, G parts (one body or two hands), T recorded frames, K transition frames at each end,
F = T + 2 K, P points, C points in the store.
"""

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from landmarkers.quantisation import MISSING
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams, Floats, PartParams
from trainer.data.batch import Batch
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, coordinate

_CENTRE: Final = np.float32(0.5)  # of the image, x and y
_NOISE_VALUES: Final = 1 << 21
_NOISE_STRIDE: Final = 997  # from one take's noise to the next one's
_ZERO: Final = np.float32(0.0)

# Kinds of frames, for one part.
_HIDDEN: Final = 0
_TRANSITION: Final = 1  # interpolated between two postures
_STATIC: Final = 2
_RECORDED: Final = 3

Source = tuple[NDArray[np.int64], NDArray[np.int64], int]  # one take's source takes and frames, both [F], and a part


class _Noise(NamedTuple):
    """Normal noise: the values from the batch's first on, the stride between takes, the standard deviation."""

    values: Floats
    stride: int
    std: np.float32


def apply_numba(batch: RawBatch, params: AugmentationParams, jitter: float, random: np.random.Generator) -> Batch:
    """Return the augmented takes on the CPU; `jitter` is the standard deviation of the noise.

    The noise is taken from one constant array, as sampling it would cost most of the time. Each take's noise begins a
    little after that of the take before; the position of the first is random.
    """
    takes, frames = params.times.shape
    pose = torch.empty(takes, 1, 3, frames, batch.pose.shape[1])
    hands = torch.empty(takes, 2, 3, frames, batch.hands.shape[1])
    stride = min(_NOISE_STRIDE, (_NOISE_VALUES - hands[0].numel()) // (takes + 1))
    last = _NOISE_VALUES - hands[0].numel() - stride * takes
    for columns, part, root, out in (
        (batch.pose, params.pose, -1, pose),
        (batch.hands, params.hands, WRIST, hands),
    ):
        noise = _Noise(_noise_values()[int(random.integers(last)) :], stride, np.float32(jitter))
        _augment(batch, columns, params, part, root, noise, out.numpy())
    return Batch(pose[:, 0].permute(0, 2, 3, 1), hands.permute(0, 1, 3, 4, 2), torch.from_numpy(params.times))


@cache
def _noise_values() -> Floats:
    return np.random.default_rng(0).standard_normal(_NOISE_VALUES, np.float32)


@jit
def _augment(
    batch: RawBatch,
    columns: NDArray[np.int64],
    params: AugmentationParams,
    part: PartParams,
    root: int,
    noise: _Noise,
    out: Floats,
) -> None:
    """Write points [B, G, 3, F, P]; without a root, -1, points are transformed about the centre of the image.

    All steps are applied to one part of one take before the next, which fits into the processor's L1 cache.
    """
    takes, parts, _, frames, count = out.shape
    kinds, points = np.empty(frames, np.int8), np.empty((frames, 3, count), np.float32)
    for take in range(takes):
        for number in range(parts):
            source = (params.takes[take], params.frames[take], number)
            _set_kinds(batch, columns, params.times[take], source, (part.shift, part.is_static), root, kinds)
            _interpolate_transitions(source, kinds, part.start, part.stop, part.blend, part.offset, points)
            _decode_recorded(batch, columns, source, kinds, points)
            if root >= 0:
                _move_hand(source, kinds, root, part.rotation, part.motion_scale, part.translation, points)
            _set_static(source, kinds, root, part.is_static, part.position, points)
            first = noise.values[take * noise.stride + number * 3 * frames * count :]
            maps = (params.affine_2d, part.linear, part.shift, part.landmark_offset)
            _transform(source, kinds, root, maps, points, (first, noise.std), out[take, number])


@jit_internal
def _set_kinds(
    batch: RawBatch,
    columns: NDArray[np.int64],
    times: Floats,
    source: Source,
    shift_and_static: tuple[Floats, NDArray[np.bool_]],
    root: int,
    kinds: NDArray[np.int8],
) -> None:
    """Write the kind [F] of each frame."""
    takes, frames, number = source
    shift, is_static = shift_and_static
    last = len(kinds) - TRANSITION_FRAMES
    for at in range(len(kinds)):
        take, frame = takes[at], frames[at]
        kinds[at] = _RECORDED
        if np.isnan(times[at]) or np.isnan(shift[take, number, frame, 0]):
            kinds[at] = _HIDDEN
        elif frame < TRANSITION_FRAMES or frame >= last:
            kinds[at] = _TRANSITION
        elif root >= 0 and is_static[take, number, root]:
            kinds[at] = _STATIC
        elif root >= 0:
            step = batch.steps[batch.starts[take] + frame - TRANSITION_FRAMES, columns[number, root], 0]
            kinds[at] = _HIDDEN if step == MISSING else _RECORDED


@jit_internal
def _interpolate_transitions(
    source: Source,
    kinds: NDArray[np.int8],
    starts: Floats,
    stops: Floats,
    blends: Floats,
    offsets: Floats,
    points: Floats,
) -> None:
    """Write the points [F, 3, P] of transition frames."""
    takes, frames, number = source
    for at in range(len(kinds)):
        if kinds[at] == _TRANSITION:
            take, frame = takes[at], frames[at]
            slot = frame if frame < TRANSITION_FRAMES else frame + 2 * TRANSITION_FRAMES - len(kinds)
            blend, end = blends[take, number, slot], slot // TRANSITION_FRAMES
            for axis in range(3):
                for index in range(points.shape[2]):
                    start, stop = starts[take, end, number, index, axis], stops[take, end, number, index, axis]
                    between = start if blend == 0.0 else stop if blend == 1.0 else start + blend * (stop - start)
                    points[at, axis, index] = between + offsets[take, number, slot, axis]


@jit_internal
def _decode_recorded(
    batch: RawBatch,
    columns: NDArray[np.int64],
    source: Source,
    kinds: NDArray[np.int8],
    points: Floats,
) -> None:
    """Write the points [F, 3, P] of recorded frames."""
    takes, frames, number = source
    for at in range(len(kinds)):
        if kinds[at] == _RECORDED:
            stored = batch.starts[takes[at]] + frames[at] - TRANSITION_FRAMES
            for axis in range(3):
                for index in range(points.shape[2]):
                    points[at, axis, index] = coordinate(batch.steps[stored, columns[number, index], axis])


@jit_internal
def _move_hand(
    source: Source,
    kinds: NDArray[np.int8],
    root: int,
    rotations: Floats,
    motion_scales: Floats,
    translations: Floats,
    points: Floats,
) -> None:
    """Rotate hands [F, 3, P] in recorded frames about their wrist, and scale and translate the wrist's position."""
    takes, _, number = source
    for at in range(len(kinds)):
        if kinds[at] == _RECORDED:
            take = takes[at]
            x, y, z = points[at, 0, root], points[at, 1, root], points[at, 2, root]
            scale = motion_scales[take, number]
            to_x, to_y, to_z = (
                scale * x + translations[take, number, 0],
                scale * y + translations[take, number, 1],
                scale * z + translations[take, number, 2],
            )
            a, b, c = rotations[take, number, 0, 0], rotations[take, number, 0, 1], rotations[take, number, 0, 2]
            d, e, f = rotations[take, number, 1, 0], rotations[take, number, 1, 1], rotations[take, number, 1, 2]
            g, h, i = rotations[take, number, 2, 0], rotations[take, number, 2, 1], rotations[take, number, 2, 2]
            for index in range(points.shape[2]):
                u, v, w = points[at, 0, index] - x, points[at, 1, index] - y, points[at, 2, index] - z
                points[at, 0, index] = u * a + v * b + w * c + to_x
                points[at, 1, index] = u * d + v * e + w * f + to_y
                points[at, 2, index] = u * g + v * h + w * i + to_z


@jit_internal
def _set_static(
    source: Source,
    kinds: NDArray[np.int8],
    root: int,
    is_static: NDArray[np.bool_],
    position: Floats,
    points: Floats,
) -> None:
    """Put the points [F, 3, P] of static hands in place, and shift those of a body each by itself."""
    takes, _, number = source
    for at in range(len(kinds)):
        if kinds[at] == _STATIC or (kinds[at] == _RECORDED and root < 0):
            take = takes[at]
            for axis in range(3):
                for index in range(points.shape[2]):
                    own = _ZERO if is_static[take, number, index] else points[at, axis, index]
                    points[at, axis, index] = position[take, number, index, axis] + own


@jit_internal
def _transform(
    source: Source,
    kinds: NDArray[np.int8],
    root: int,
    maps: tuple[Floats, Floats, Floats, Floats],
    points: Floats,
    noise: tuple[Floats, np.float32],
    out: Floats,
) -> None:
    """Apply to points [F, 3, P] the changes that all frames of a take share, and write them as [3, F, P].

    Missing depth leaves a body's other coordinates known.
    """
    takes, frames, number = source
    affine_2d, linear, shift, landmark_offset = maps
    values, std = noise
    _, frame_count, count = out.shape
    for at in range(frame_count):
        take, frame = takes[at], frames[at]
        x, y, z = _CENTRE, _CENTRE, _ZERO
        if root >= 0:
            x, y, z = points[at, 0, root], points[at, 1, root], points[at, 2, root]
        for axis in (2, 0, 1):
            if kinds[at] == _HIDDEN:
                for index in range(count):
                    out[axis, at, index] = NAN
                continue
            row = affine_2d[take, axis]
            base = (x - _CENTRE) * row[0] + (y - _CENTRE) * row[1] + z * row[2]
            base += shift[take, number, frame, axis] + (_ZERO if axis == 2 else _CENTRE)
            a, b, c = linear[take, number, axis, 0], linear[take, number, axis, 1], linear[take, number, axis, 2]
            first = (axis * frame_count + at) * count
            for index in range(count):
                u, v, w = points[at, 0, index] - x, points[at, 1, index] - y, points[at, 2, index] - z
                own = u * a + v * b + w * c + landmark_offset[take, number, axis, index]
                out[axis, at, index] = own + base + std * values[first + index]
            for index in range(count if root < 0 and axis == 2 else 0):
                points[at, 2, index] = _ZERO if np.isnan(points[at, 2, index]) else points[at, 2, index]
