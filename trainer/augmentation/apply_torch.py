"""Draws sketched takes on any device, operation after operation over the whole batch.

The steps of takes cross to the device as the store holds them, half the size of points, and no number comes back.

Shape legend: B takes, G limbs (one body or two hands), T recorded frames, K frames at each end, F = T + 2 K, P points,
C points in the store.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.layout import WRIST
from landmarkers.take import MISSING, STEPS_PER_UNIT
from trainer.augmentation.params import SLOTS, AugmentationParams
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def apply_torch(recorded: RawBatch, sketch: AugmentationParams, jitter: float, random: torch.Generator) -> Batch:
    """The takes on the generator's device."""
    device = random.device
    stored, inside = recorded.frame_indices()
    steps = recorded.steps[stored]
    steps[~inside] = MISSING
    steps_there = torch.from_numpy(steps).to(device)
    times, takes, frames, plane = (
        torch.from_numpy(values).to(device) for values in (sketch.times, sketch.takes, sketch.frames, sketch.plane)
    )
    drawn = []
    for columns, limb, root in ((recorded.pose, sketch.pose, None), (recorded.hands, sketch.hands, WRIST)):
        points = _changed(
            _points(steps_there, columns), [torch.from_numpy(part).to(device) for part in limb], plane, root
        )
        shown = points.transpose(1, 2)[takes, frames].transpose(1, 2)  # [B, G, F, P, 3]
        noise = torch.randn(shown.shape, generator=random, device=device)
        drawn.append(torch.where(times.isnan()[:, None, :, None, None], torch.nan, shown + jitter * noise))
    return Batch(drawn[0][:, 0], drawn[1], times)


def _points(steps: Tensor, columns: NDArray[np.int64]) -> Tensor:
    """Points [B, G, T, P, 3] of the columns [G, P], NaN unseen, from steps [B, T, C, 3]."""
    picked = steps[:, :, torch.from_numpy(columns).to(steps.device)].transpose(1, 2)
    return torch.where(picked == MISSING, torch.nan, picked / STEPS_PER_UNIT)


def _changed(points: Tensor, limb: list[Tensor], plane: Tensor, root: int | None) -> Tensor:
    """All frames [B, G, F, P, 3] of a limb before any is put in another's place, from the recorded ones."""
    turn, sway, lead, still, place, start, stop, share, aside, whole_turn, shift, bend = limb
    place, lead = place[:, :, None], lead[:, :, None, None]
    if root is None:
        points = points + place
    else:
        wrist = points[:, :, :, root, None]
        points = _turned(points - wrist, turn) + sway[:, :, None, None, None] * wrist + lead
    points = torch.where(still[:, :, None, :, None], place, points)
    start, stop = (one.transpose(1, 2).repeat_interleave(SLOTS, 2) for one in (start, stop))
    part = share[..., None, None]
    between = torch.where(part == 0.0, start, torch.where(part == 1.0, stop, start + part * (stop - start)))
    before, after = (between + aside[:, :, :, None]).chunk(2, 2)
    points = torch.cat([before, points, after], 2)
    middle = torch.tensor([0.5, 0.5, 0.0], device=points.device)
    origin = middle if root is None else points[:, :, :, root, None]
    base = _turned(origin - middle, plane[:, None]) + middle + shift[:, :, :, None]
    return _turned(points - origin, whole_turn) + bend.transpose(2, 3)[:, :, None] + base


def _turned(points: Tensor, by: Tensor) -> Tensor:
    """Points [B, G, F, P, 3] after matrices [B, G, 3, 3]. Depth that is unknown leaves the others known."""
    x, y, z = points.unbind(-1)
    deep = z.nan_to_num(0.0)
    m = by[:, :, None, None]
    rows = [x * m[..., row, 0] + y * m[..., row, 1] + (deep, deep, z)[row] * m[..., row, 2] for row in range(3)]
    return torch.stack(rows, -1)
