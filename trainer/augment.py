"""Changes training takes so that the network learns the sign and not the recording.

Works on batches of raw points, before the features are made, on whatever device the batch lies.

Shape legend: B takes, T frames, P points. Pose [B, T, 11, 3], hands [B, T, 21, 3], times [B, T].
Validation and test takes never pass here.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from landmarkers.layout import WRIST


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much to change. Lengths are in picture widths of a signer who fills the picture as KArSL's do."""

    rotation: float = 0.15  # radians, whole body in the picture plane
    stretch: float = 0.15  # share, x and y apart
    shear: float = 0.1
    hand_turn: float = 0.35  # radians, each hand about an axis of its own in space
    hand_size: float = 0.15  # share
    hand_shift: float = 0.025  # each hand's place against the body
    drift: float = 0.015  # a slow wave on each hand's way
    jitter: float = 0.0025  # each point in each frame
    finger_noise: float = 0.004  # each point of a hand, the same in all frames of a take
    warp: float = 0.35  # how unevenly time runs
    cut: float = 0.12  # share of the take that may be missing at each end
    drop_frames: float = 0.5  # at most this share of the frames
    hide_hand: float = 0.25  # chance that a hand goes unseen for a while
    hide_share: float = 0.3  # for at most this share of the take
    hide_pose: float = 0.05  # chance that the body's points are lost throughout


Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # pose, left hand, right hand, times


def augment(batch: Batch, by: Augmentation, random: torch.Generator) -> Batch:
    """Another batch of the same signs."""
    pose, left, right, times = batch
    pose, left, right = _affine((pose, left, right), by, random)
    left, right = (_change_hand(hand, times, by, random) for hand in (left, right))
    pose, left, right = (
        part + by.jitter * torch.randn(part.shape, generator=random, device=part.device) for part in (pose, left, right)
    )
    left, right = (_hide(hand, times, by, random) for hand in (left, right))
    lost = _uniform(pose, (len(pose),), 0, 1, random) < by.hide_pose
    pose = torch.where(lost[:, None, None, None], torch.nan, pose)
    return pose, left, right, _drop_frames(_warp(times, by, random), by, random)


def _uniform(like: Tensor, shape: tuple[int, ...], low: float, high: float, random: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=random, device=like.device) * (high - low) + low


def _affine(parts: tuple[Tensor, ...], by: Augmentation, random: torch.Generator) -> list[Tensor]:
    """Turn, stretch and shear everything about the picture's middle."""
    count = len(parts[0])
    angle = _uniform(parts[0], (count,), -by.rotation, by.rotation, random)
    wide, high = (1 + _uniform(parts[0], (count,), -by.stretch, by.stretch, random) for _ in range(2))
    shear = _uniform(parts[0], (count,), -by.shear, by.shear, random)
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack(
        [torch.stack([cos * wide, -sin * high + shear], -1), torch.stack([sin * wide, cos * high], -1)], -2
    )  # [B, 2, 2]
    changed = []
    for part in parts:
        plane = torch.einsum("bij,btpj->btpi", matrix, part[..., :2] - 0.5) + 0.5
        changed.append(torch.cat([plane, part[..., 2:] * wide[:, None, None, None]], -1))
    return changed


def _change_hand(hand: Tensor, times: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Turn a hand in space about its wrist, resize it, bend its fingers a little and lead it another way."""
    count = len(hand)
    wrist, own = hand[:, :, :1], hand - hand[:, :, :1]
    turn = _rotations(_uniform(hand, (count, 3), -by.hand_turn, by.hand_turn, random))
    size = 1 + _uniform(hand, (count, 1, 1, 1), -by.hand_size, by.hand_size, random)
    bend = by.finger_noise * torch.randn((count, 1, hand.shape[2], 3), generator=random, device=hand.device)
    bend[:, :, WRIST] = 0.0
    own = torch.einsum("bij,btpj->btpi", turn, own + bend) * size
    shift = by.hand_shift * torch.randn((count, 1, 1, 3), generator=random, device=hand.device)
    clock = _share_of_take(times)[:, :, None, None]
    phase = _uniform(hand, (count, 1, 1, 3), 0, 2 * math.pi, random)
    rate = _uniform(hand, (count, 1, 1, 3), 0.5, 1.5, random) * 2 * math.pi
    drift = by.drift * torch.sin(clock * rate + phase)
    return wrist + shift + drift + own


def _rotations(angles: Tensor) -> Tensor:
    """Rotation matrices [B, 3, 3] of rotation vectors [B, 3], by the matrix exponential."""
    x, y, z = angles.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3))
    rotations: Tensor = torch.linalg.matrix_exp(skew)
    return rotations


def _share_of_take(times: Tensor) -> Tensor:
    """Times as a share of their take, [B, T], 0 to 1; NaN in padding becomes 0."""
    first = torch.where(times.isnan(), torch.inf, times).amin(1, keepdim=True)
    last = torch.where(times.isnan(), -torch.inf, times).amax(1, keepdim=True)
    return torch.nan_to_num((times - first) / (last - first).clamp(min=1e-3))


def _warp(times: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Let time run faster here and slower there: a power of it plus a half wave, both growing throughout."""
    share = _share_of_take(times)
    power = torch.exp(_uniform(times, (len(times), 1), -by.warp, by.warp, random))
    wave = _uniform(times, (len(times), 1), -by.warp, by.warp, random) / (2 * math.pi)
    return torch.where(times.isnan(), torch.nan, share**power + wave * torch.sin(2 * math.pi * share**power))


def _drop_frames(times: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Cut the ends and lose frames in between; lost frames become padding. Two frames stay at least."""
    share = _share_of_take(times)
    head = _uniform(times, (len(times), 1), -by.cut, by.cut, random)
    tail = _uniform(times, (len(times), 1), -by.cut, by.cut, random)
    lost = (share < head) | (share > 1 - tail)
    rate = _uniform(times, (len(times), 1), 0, by.drop_frames, random)
    lost |= torch.rand(times.shape, generator=random, device=times.device) < rate
    kept = ~lost & ~times.isnan()
    enough = kept.sum(1, keepdim=True) >= torch.clamp((~times.isnan()).sum(1, keepdim=True), max=4)
    return torch.where(lost & enough, torch.nan, times)


def _hide(hand: Tensor, times: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Lose sight of a hand for a stretch, as trackers do."""
    count = len(hand)
    share = _share_of_take(times)
    start = _uniform(hand, (count, 1), 0, 1, random)
    length = _uniform(hand, (count, 1), 0, by.hide_share, random)
    chosen = _uniform(hand, (count, 1), 0, 1, random) < by.hide_hand
    hidden = chosen & (share >= start) & (share <= start + length)
    return torch.where(hidden[:, :, None, None], torch.nan, hand)
