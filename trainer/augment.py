"""Changes training takes so that the network learns the sign and not the recording.

Works on batches of raw points, before the features are made, on whatever device the batch and what draws at random
are. Where the points lie in memory matters more than what is done to them: with each coordinate in one piece
(`planar`) everything here takes a fifth of the time, so a batch is brought into that order once and kept in it.

Shape legend: B takes, T frames, P points. Pose [B, T, 11, 3], hands [B, T, 21, 3], times [B, T].
Validation and test takes never pass here.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import torch
from torch import Tensor

from landmarkers.layout import WRIST

_MIDDLE: Final = 0.5  # of the picture, which is turned about it
_STRIP: Final = 1 << 21  # numbers of noise
_STRIP_STEP: Final = 997  # from one take's noise to the next one's


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


def planar(part: Tensor) -> Tensor:
    """The same points [B, T, P, 3] with each coordinate in one piece of memory."""
    return part.permute(0, 3, 1, 2).contiguous().permute(0, 2, 3, 1)


def augment(batch: Batch, by: Augmentation, random: torch.Generator) -> Batch:
    """Another batch of the same signs. Changes the one that it is given, which a copy would make dearer."""
    pose, left, right, times = batch
    plane, share = _plane(times, by, random), _share_of_take(times)
    left, right = (_change_hand(hand, share, plane, by, random) for hand in (left, right))
    lost = _uniform(times, (len(times),), 0, 1, random) < by.hide_pose
    pose = _laid(pose, plane) + torch.where(lost, torch.nan, 0.0)[:, None, None, None]
    pose.add_(_noise(pose, random).unflatten(2, pose.shape[1:3]).permute(0, 2, 3, 1), alpha=by.jitter)
    return pose, left, right, _drop_frames(_warp(times, share, by, random), by, random)


def _uniform(like: Tensor, shape: tuple[int, ...], low: float, high: float, random: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=random, device=like.device) * (high - low) + low


def _normal(like: Tensor, shape: tuple[int, ...], random: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=random, device=like.device)


def _noise(like: Tensor, random: torch.Generator) -> Tensor:
    """Normal noise [B, 3, T * P] for points [B, T, P, 3], cut from one strip: to draw it would cost half of all time.

    Each take's begins a little after that of the take before; which of the strip's numbers are the first is drawn.
    """
    count, size = len(like), like[0].numel()
    step = min(_STRIP_STEP, (_STRIP - size) // (count + 1))
    start = int(torch.randint(_STRIP - size - step * count, (1,), generator=random, device=like.device))
    return _strip(like.device).as_strided((count, 3, size // 3), (step, size // 3, 1), start)


@cache
def _strip(device: torch.device) -> Tensor:
    return torch.randn(_STRIP, generator=torch.Generator().manual_seed(0)).to(device)


def _plane(times: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Matrices [B, 3, 3] that turn, stretch and shear; depth stretches as width does."""
    count = len(times)
    angle = _uniform(times, (count,), -by.rotation, by.rotation, random)
    wide, high = (1 + _uniform(times, (count,), -by.stretch, by.stretch, random) for _ in range(2))
    shear = _uniform(times, (count,), -by.shear, by.shear, random)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = (cos * wide, -sin * high + shear, zero, sin * wide, cos * high, zero, zero, zero, wide)
    plane: Tensor = torch.stack(rows, -1).unflatten(-1, (3, 3))
    return plane


def _laid(part: Tensor, plane: Tensor) -> Tensor:
    """Points after the plane's change about the picture's middle. Depth, which may be unknown, goes by itself."""
    x, y, z = part.unbind(-1)
    x, y = x - _MIDDLE, y - _MIDDLE
    m = plane[:, :, :, None, None]
    turned = (x * m[:, 0, 0] + y * m[:, 0, 1] + _MIDDLE, x * m[:, 1, 0] + y * m[:, 1, 1] + _MIDDLE, z * m[:, 2, 2])
    return torch.stack(turned, 1).permute(0, 2, 3, 1)


def _change_hand(hand: Tensor, share: Tensor, plane: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """A hand changed with the plane, turned about its wrist, resized, bent, led another way, jittered and hidden.

    What becomes of a point is a matrix times its place as seen from the wrist, and a sum that is the same for all
    points of a frame and one that is the same in all frames: hardly anything is calculated for each point by itself.
    """
    count, length, points = hand.shape[:3]
    turn = _rotations(_uniform(hand, (count, 3), -by.hand_turn, by.hand_turn, random))
    turn = turn * (1 + _uniform(hand, (count, 1, 1), -by.hand_size, by.hand_size, random))
    bend = by.finger_noise * _normal(hand, (count, 3, points), random)
    bend[:, :, WRIST] = 0.0
    bend = torch.bmm(turn, bend)[:, :, None].permute(0, 2, 3, 1)
    wrist = hand[:, :, :1].clone()
    own = planar(hand).sub_(wrist).permute(0, 3, 1, 2).flatten(2)
    own = torch.baddbmm(_noise(hand, random), torch.bmm(turn, plane), own, beta=by.jitter)
    place = _laid(wrist, plane) + _astray(hand, share, by, random)
    place = place + torch.where(_hidden(share, by, random), torch.nan, 0.0)[:, :, None, None]
    changed: Tensor = own.unflatten(2, (length, points)).permute(0, 2, 3, 1).add_(place).add_(bend)
    return changed


def _astray(hand: Tensor, share: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """How far a hand's way leads elsewhere, [B, T, 1, 3]: a step aside and a slow wave."""
    count = len(hand)
    shift = by.hand_shift * _normal(hand, (count, 1, 1, 3), random)
    clock = share[:, :, None, None]
    phase = _uniform(hand, (count, 1, 1, 3), 0, 2 * math.pi, random)
    rate = _uniform(hand, (count, 1, 1, 3), 0.5, 1.5, random) * 2 * math.pi
    return shift + by.drift * torch.sin(clock * rate + phase)


def _rotations(angles: Tensor) -> Tensor:
    """Rotation matrices [B, 3, 3] of rotation vectors [B, 3], by the formula of Rodrigues."""
    angle = angles.norm(dim=1)[:, None, None].clamp(min=1e-6)
    x, y, z = angles.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).unflatten(-1, (3, 3)) / angle
    about = torch.eye(3, device=angles.device) + angle.sin() * skew
    return torch.baddbmm(about, (1 - angle.cos()) * skew, skew)


def _share_of_take(times: Tensor) -> Tensor:
    """Times as a share of their take, [B, T], 0 to 1; NaN in padding becomes 0."""
    first = torch.where(times.isnan(), torch.inf, times).amin(1, keepdim=True)
    last = torch.where(times.isnan(), -torch.inf, times).amax(1, keepdim=True)
    return torch.nan_to_num((times - first) / (last - first).clamp(min=1e-3))


def _warp(times: Tensor, share: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """Let time run faster here and slower there: a power of it plus a half wave, both growing throughout."""
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


def _hidden(share: Tensor, by: Augmentation, random: torch.Generator) -> Tensor:
    """The frames [B, T] in which a hand is lost from sight, for a stretch, as trackers do."""
    start = _uniform(share, (len(share), 1), 0, 1, random)
    length = _uniform(share, (len(share), 1), 0, by.hide_share, random)
    chosen = _uniform(share, (len(share), 1), 0, 1, random) < by.hide_hand
    return chosen & (share >= start) & (share <= start + length)
