"""Draws sketched takes on processors: one pass over memory, and nothing is calculated for frames that are not there.

Shape legend: B takes, G limbs (one body or two hands), T recorded frames, K frames at each end, F = T + 2 K, P points,
C points in the store.
"""

from functools import cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from landmarkers.layout import WRIST
from landmarkers.take import MISSING
from trainer.augmentation.params import SLOTS, AugmentationParams, Floats, PartParams
from trainer.data.batch import Batch
from trainer.data.jit import jit, jit_internal
from trainer.data.raw_batch import NAN, RawBatch, coordinate

_MIDDLE: Final = np.float32(0.5)  # of the picture, across and down
_STRIP: Final = 1 << 21  # numbers of noise
_STRIP_STEP: Final = 997  # from one take's noise to the next one's
_ZERO: Final = np.float32(0.0)

# What is to be seen of a limb in a frame.
_NOTHING: Final = 0
_POSTURE: Final = 1  # between two of them
_STANDING: Final = 2
_RECORDED: Final = 3


def apply_numba(recorded: RawBatch, sketch: AugmentationParams, jitter: float, random: np.random.Generator) -> Batch:
    """The takes on the processor.

    Noise is cut from one strip, for to draw it would cost most of all time. Each take's begins a little after that of
    the take before; which of the strip's numbers are the first is drawn.
    """
    takes, frames = sketch.times.shape
    pose = torch.empty(takes, 1, 3, frames, recorded.pose.shape[1])
    hands = torch.empty(takes, 2, 3, frames, recorded.hands.shape[1])
    step = min(_STRIP_STEP, (_STRIP - hands[0].numel()) // (takes + 1))
    last = _STRIP - hands[0].numel() - step * takes
    for columns, limb, root, out in (
        (recorded.pose, sketch.pose, -1, pose),
        (recorded.hands, sketch.hands, WRIST, hands),
    ):
        noise = _strip()[int(random.integers(last)) :]
        _draw(recorded, columns, sketch, limb, root, noise, step, np.float32(jitter), out.numpy())
    return Batch(pose[:, 0].permute(0, 2, 3, 1), hands.permute(0, 1, 3, 4, 2), torch.from_numpy(sketch.times))


@cache
def _strip() -> Floats:
    return np.random.default_rng(0).standard_normal(_STRIP, np.float32)


@jit
def _draw(
    recorded: RawBatch,
    columns: NDArray[np.int64],
    sketch: AugmentationParams,
    limb: PartParams,
    root: int,
    noise: Floats,
    noise_step: int,
    jitter: np.float32,
    out: Floats,
) -> None:
    """Write points [B, G, 3, F, P]; without a root, -1, points are turned about the picture's middle.

    One take's limb at a time passes through all that is done to it, for so much stays in a processor's nearest memory.
    """
    takes, limbs, _, frames, count = out.shape
    kinds, points = np.empty(frames, np.int8), np.empty((frames, 3, count), np.float32)
    for to in range(takes):
        for number in range(limbs):
            there = (sketch.takes[to], sketch.frames[to], number)
            _tell_apart(recorded, columns, sketch.times[to], there, limb.shift, limb.still, root, kinds)
            _make_up(there, kinds, limb.start, limb.stop, limb.share, limb.aside, points)
            _read(recorded, columns, there, kinds, points)
            if root >= 0:
                _lead(there, kinds, root, limb.turn, limb.sway, limb.lead, points)
            _set_apart(there, kinds, root, limb.still, limb.place, points)
            first = noise[to * noise_step + number * 3 * frames * count :]
            changes = (sketch.plane, limb.whole_turn, limb.shift, limb.bend)
            _set_down(there, kinds, root, changes, points, first, jitter, out[to, number])


@jit_internal
def _tell_apart(
    recorded: RawBatch,
    columns: NDArray[np.int64],
    times: Floats,
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    shift: Floats,
    still: NDArray[np.bool_],
    root: int,
    kinds: NDArray[np.int8],
) -> None:
    takes, sources, number = there
    last = len(kinds) - SLOTS
    for at in range(len(kinds)):
        take, frame = takes[at], sources[at]
        kinds[at] = _RECORDED
        if np.isnan(times[at]) or np.isnan(shift[take, number, frame, 0]):
            kinds[at] = _NOTHING
        elif frame < SLOTS or frame >= last:
            kinds[at] = _POSTURE
        elif root >= 0 and still[take, number, root]:
            kinds[at] = _STANDING
        elif root >= 0:
            step = recorded.steps[recorded.starts[take] + frame - SLOTS, columns[number, root], 0]
            kinds[at] = _NOTHING if step == MISSING else _RECORDED


@jit_internal
def _make_up(
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    kinds: NDArray[np.int8],
    starts: Floats,
    stops: Floats,
    shares: Floats,
    aside: Floats,
    points: Floats,
) -> None:
    """The points [F, 3, P] of frames between two postures."""
    takes, sources, number = there
    for at in range(len(kinds)):
        if kinds[at] == _POSTURE:
            take, frame = takes[at], sources[at]
            slot = frame if frame < SLOTS else frame + 2 * SLOTS - len(kinds)
            share, end = shares[take, number, slot], slot // SLOTS
            for axis in range(3):
                for which in range(points.shape[2]):
                    here, afar = starts[take, end, number, which, axis], stops[take, end, number, which, axis]
                    between = here if share == 0.0 else afar if share == 1.0 else here + share * (afar - here)
                    points[at, axis, which] = between + aside[take, number, slot, axis]


@jit_internal
def _read(
    recorded: RawBatch,
    columns: NDArray[np.int64],
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    kinds: NDArray[np.int8],
    points: Floats,
) -> None:
    """The points [F, 3, P] of recorded frames."""
    takes, sources, number = there
    for at in range(len(kinds)):
        if kinds[at] == _RECORDED:
            stored = recorded.starts[takes[at]] + sources[at] - SLOTS
            for axis in range(3):
                for which in range(points.shape[2]):
                    points[at, axis, which] = coordinate(recorded.steps[stored, columns[number, which], axis])


@jit_internal
def _lead(
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    kinds: NDArray[np.int8],
    root: int,
    turns: Floats,
    sways: Floats,
    leads: Floats,
    points: Floats,
) -> None:
    """Turn hands [F, 3, P] in recorded frames about their wrist and lead them elsewhere."""
    takes, _, number = there
    for at in range(len(kinds)):
        if kinds[at] == _RECORDED:
            take = takes[at]
            x, y, z = points[at, 0, root], points[at, 1, root], points[at, 2, root]
            sway = sways[take, number]
            to_x, to_y, to_z = (
                sway * x + leads[take, number, 0],
                sway * y + leads[take, number, 1],
                sway * z + leads[take, number, 2],
            )
            a, b, c = turns[take, number, 0, 0], turns[take, number, 0, 1], turns[take, number, 0, 2]
            d, e, f = turns[take, number, 1, 0], turns[take, number, 1, 1], turns[take, number, 1, 2]
            g, h, i = turns[take, number, 2, 0], turns[take, number, 2, 1], turns[take, number, 2, 2]
            for which in range(points.shape[2]):
                u, v, w = points[at, 0, which] - x, points[at, 1, which] - y, points[at, 2, which] - z
                points[at, 0, which] = u * a + v * b + w * c + to_x
                points[at, 1, which] = u * d + v * e + w * f + to_y
                points[at, 2, which] = u * g + v * h + w * i + to_z


@jit_internal
def _set_apart(
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    kinds: NDArray[np.int8],
    root: int,
    still: NDArray[np.bool_],
    place: Floats,
    points: Floats,
) -> None:
    """Put the points [F, 3, P] of hands that stand still in their place, and move those of a body each by itself."""
    takes, _, number = there
    for at in range(len(kinds)):
        if kinds[at] == _STANDING or (kinds[at] == _RECORDED and root < 0):
            take = takes[at]
            for axis in range(3):
                for which in range(points.shape[2]):
                    own = _ZERO if still[take, number, which] else points[at, axis, which]
                    points[at, axis, which] = place[take, number, which, axis] + own


@jit_internal
def _set_down(
    there: tuple[NDArray[np.int64], NDArray[np.int64], int],
    kinds: NDArray[np.int8],
    root: int,
    changes: tuple[Floats, Floats, Floats, Floats],
    points: Floats,
    noise: Floats,
    jitter: np.float32,
    out: Floats,
) -> None:
    """Change points [F, 3, P] as all frames of a take are changed, and write them out as [3, F, P].

    Depth that is unknown leaves a body's other coordinates known.
    """
    takes, sources, number = there
    plane, turn, shift, bend = changes
    _, frames, count = out.shape
    for at in range(frames):
        take, frame = takes[at], sources[at]
        x, y, z = _MIDDLE, _MIDDLE, _ZERO
        if root >= 0:
            x, y, z = points[at, 0, root], points[at, 1, root], points[at, 2, root]
        for axis in (2, 0, 1):
            if kinds[at] == _NOTHING:
                for which in range(count):
                    out[axis, at, which] = NAN
                continue
            base = (
                (x - _MIDDLE) * plane[take, axis, 0] + (y - _MIDDLE) * plane[take, axis, 1] + z * plane[take, axis, 2]
            )
            base += shift[take, number, frame, axis] + (_ZERO if axis == 2 else _MIDDLE)
            a, b, c = turn[take, number, axis, 0], turn[take, number, axis, 1], turn[take, number, axis, 2]
            first = (axis * frames + at) * count
            for which in range(count):
                u, v, w = points[at, 0, which] - x, points[at, 1, which] - y, points[at, 2, which] - z
                own = u * a + v * b + w * c + bend[take, number, axis, which]
                out[axis, at, which] = own + base + jitter * noise[first + which]
            for which in range(count if root < 0 and axis == 2 else 0):
                points[at, 2, which] = _ZERO if np.isnan(points[at, 2, which]) else points[at, 2, which]
