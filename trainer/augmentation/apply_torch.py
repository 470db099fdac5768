"""Applies augmentation parameters on any device, by torch operations over the whole batch.

The quantised steps of takes are copied to the device as the store holds them, half the size of points, and nothing is
copied back.

Shape legend: B takes, G parts (one body or two hands), T recorded frames, K transition frames at each end,
F = T + 2 K, P points, C points in the store.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from landmarkers.layout import WRIST
from landmarkers.quantisation import MISSING, STEPS_PER_UNIT
from trainer.augmentation.params import TRANSITION_FRAMES, AugmentationParams
from trainer.data.batch import Batch
from trainer.data.raw_batch import RawBatch


def apply_torch(batch: RawBatch, params: AugmentationParams, jitter: float, random: torch.Generator) -> Batch:
    """Return the augmented takes on the generator's device; `jitter` is the standard deviation of the noise."""
    device = random.device
    frame_indices, mask = batch.frame_indices()
    steps = batch.steps[frame_indices]
    steps[~mask] = MISSING
    device_steps = torch.from_numpy(steps).to(device)
    times, takes, frames, affine_2d = (
        torch.from_numpy(values).to(device) for values in (params.times, params.takes, params.frames, params.affine_2d)
    )
    augmented = []
    for columns, part, root in ((batch.pose, params.pose, None), (batch.hands, params.hands, WRIST)):
        part_params = [torch.from_numpy(values).to(device) for values in part]
        points = _augment(_decode(device_steps, columns), part_params, affine_2d, root)
        selected = points.transpose(1, 2)[takes, frames].transpose(1, 2)  # [B, G, F, P, 3]
        noise = torch.randn(selected.shape, generator=random, device=device)
        augmented.append(torch.where(times.isnan()[:, None, :, None, None], torch.nan, selected + jitter * noise))
    return Batch(augmented[0][:, 0], augmented[1], times)


def _decode(steps: Tensor, columns: NDArray[np.int64]) -> Tensor:
    """Return points [B, G, T, P, 3] of the columns [G, P] from steps [B, T, C, 3]; NaN for missing points."""
    selected = steps[:, :, torch.from_numpy(columns).to(steps.device)].transpose(1, 2)
    return torch.where(selected == MISSING, torch.nan, selected / STEPS_PER_UNIT)


def _augment(points: Tensor, params: list[Tensor], affine_2d: Tensor, root: int | None) -> Tensor:
    """Return all augmented frames [B, G, F, P, 3] of a part, each in its own take, from the recorded frames."""
    (
        rotation,
        motion_scale,
        translation,
        is_static,
        position,
        start,
        stop,
        blend,
        offset,
        linear,
        shift,
        point_offset,
    ) = params
    position, translation = position[:, :, None], translation[:, :, None, None]
    if root is None:
        points = points + position
    else:
        wrist = points[:, :, :, root, None]
        points = _map(points - wrist, rotation) + motion_scale[:, :, None, None, None] * wrist + translation
    points = torch.where(is_static[:, :, None, :, None], position, points)
    start, stop = (posture.transpose(1, 2).repeat_interleave(TRANSITION_FRAMES, 2) for posture in (start, stop))
    weight = blend[..., None, None]
    transition = torch.where(weight == 0.0, start, torch.where(weight == 1.0, stop, start + weight * (stop - start)))
    before, after = (transition + offset[:, :, :, None]).chunk(2, 2)
    points = torch.cat([before, points, after], 2)
    centre = torch.tensor([0.5, 0.5, 0.0], device=points.device)
    origin = centre if root is None else points[:, :, :, root, None]
    base = _map(origin - centre, affine_2d[:, None]) + centre + shift[:, :, :, None]
    return _map(points - origin, linear) + point_offset.transpose(2, 3)[:, :, None] + base


def _map(points: Tensor, matrices: Tensor) -> Tensor:
    """Apply matrices [B, G, 3, 3] to points [B, G, F, P, 3]. Missing depth leaves the other coordinates known."""
    x, y, z = points.unbind(-1)
    depth = z.nan_to_num(0.0)
    m = matrices[:, :, None, None]
    rows = [x * m[..., row, 0] + y * m[..., row, 1] + (depth, depth, z)[row] * m[..., row, 2] for row in range(3)]
    return torch.stack(rows, -1)
